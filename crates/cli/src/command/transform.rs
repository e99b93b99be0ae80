//! `landfall transform`: a SAM template as the CloudFormation it becomes.

use crate::args::TransformArgs;
use crate::trouble::{Exit, Trouble};
use crate::wiring::RealClock;
use crate::{folder, screen};
use base::{Diagnostic, Region, Sources, Span};
use engine::ports::Clock;
use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write};
use std::path::Path;
use template::Node;
use template::artifact::{self, ArtifactRef, S3Location, artifacts};
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};

/// Prints the transformed template, or answers every line of standard input.
pub(crate) fn run(args: &TransformArgs) -> Result<Exit, Trouble> {
    match &args.template {
        Some(template) if !args.batch => one(args, template),
        _ => batch(),
    }
}

fn one(args: &TransformArgs, path: &Path) -> Result<Exit, Trouble> {
    let context = context(args)?;
    let mut sources = Sources::new();
    let file = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        sources.add("standard input", text)
    } else {
        folder::read(path, &path.display().to_string(), &mut sources)?
    };
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let (mut node, found) = parse(file, &text, Dialect::Template);
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources));
    }
    let mut named = artifacts(&node);
    // With a context the answer is the translator's own: it knows no code that is not named.
    named.retain(|artifact| !artifact.implied || args.context.is_none());
    let local = Local::place(&mut node, named, path.parent().unwrap_or(Path::new("")), &context.region);
    match sam::transform(node, &context) {
        Ok(node) => {
            screen::data(&format!("{}\n", template::write::pretty(&node)))?;
            local.tell();
            Ok(Exit::Done)
        }
        Err(e) => Err(Trouble::in_files(e.diagnostics().into_iter().map(|d| local.explain(d)).collect(), sources)),
    }
}

/// The bucket that stands for where a deployment puts packages.
const PACKAGED: &str = "packaged";

/// What a template names beside itself. The transform takes nothing but places in S3, so files and folders that are
/// there get one that says what they are.
struct Local {
    placed: BTreeSet<String>,
    /// Paths that lead nowhere, and where they stand.
    missing: Vec<(Span, String)>,
}

impl Local {
    fn place(node: &mut Node, named: Vec<ArtifactRef>, folder: &Path, region: &str) -> Self {
        let mut local = Self { placed: BTreeSet::new(), missing: Vec::new() };
        let Ok(region) = Region::new(region) else { return local };
        for artifact in named {
            if !folder.join(&artifact.local).exists() {
                local.missing.push((artifact.span, artifact.local));
                continue;
            }
            let key = artifact.local.trim_start_matches("./").trim_matches('/');
            let key = if matches!(key, "" | ".") { "all" } else { key };
            let place = S3Location { bucket: PACKAGED.into(), key: key.into(), version: None, region: region.clone() };
            if artifact::place(node, &artifact, &place).is_ok() {
                local.placed.insert(artifact.local);
            }
        }
        local
    }

    fn tell(&self) {
        if !self.placed.is_empty() {
            let names: Vec<String> = self.placed.iter().map(|path| format!("`{path}`")).collect();
            let names = names.join(", ");
            screen::talk(&format!(
                "places in the bucket `{PACKAGED}` stand for what is local ({names}); a deployment writes the real ones"
            ));
        }
    }

    /// A refusal of a path that leads nowhere says so.
    fn explain(&self, found: Diagnostic) -> Diagnostic {
        match self.missing.iter().find(|(span, _)| found.span == Some(*span)) {
            Some((_, path)) => found.hint(format!("there is no `{path}` beside the template; correct the path")),
            None => found,
        }
    }
}

fn batch() -> Result<Exit, Trouble> {
    let input = std::io::stdin().lock();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for line in input.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(output, "{}", batch_answer(&line))?;
        }
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn batch_answer(line: &str) -> String {
    let request = match sam::batch::read_request(line) {
        Ok(request) => request,
        Err(e) => return sam::batch::failure(&serde_json::Value::Null, &format!("the line is no request: {e}")),
    };
    let path = &request.template;
    if path.contains('\n') {
        return sam::batch::answer(&request, path);
    }
    match std::fs::read_to_string(path) {
        Ok(text) => sam::batch::answer(&request, &text),
        Err(e) => sam::batch::failure(&request.id, &format!("`{path}` could not be read: {e}")),
    }
}

fn context(args: &TransformArgs) -> Result<Context, Trouble> {
    let mut context = match &args.context {
        Some(path) => {
            let mut sources = Sources::new();
            let file = folder::read(path, &path.display().to_string(), &mut sources)?;
            let text = sources.get(file).map(|s| s.text.as_str()).unwrap_or_default();
            Context::from_json(text).map_err(|e| {
                let message = format!("`{}` is not a transform context: {e}", path.display());
                Trouble::usage(Diagnostic::error("CLI-008", message).hint("see `landfall transform --help`"))
            })?
        }
        // An API with `AlwaysDeploy` gets another deployment at every moment.
        None => Context {
            now: RealClock.now().as_second().unsigned_abs(),
            ..Context::for_region(args.region.as_deref().unwrap_or("us-east-1"))
        },
    };
    if let Some(region) = args.region.as_ref().filter(|_| args.context.is_some()) {
        context.region.clone_from(region);
    }
    if let Some(partition) = &args.partition {
        context.partition.clone_from(partition);
    }
    for given in &args.parameters {
        let (name, value) = given.split_once('=').ok_or_else(|| {
            let message = format!("`{given}` is not a parameter");
            Trouble::usage(Diagnostic::error("CLI-009", message).hint("write `--parameter NAME=VALUE`"))
        })?;
        context.parameters.insert(name.to_owned(), value.into());
    }
    Ok(context)
}
