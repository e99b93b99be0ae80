//! `landfall init`: a pipeline from an existing SAM project.

use crate::args::{Global, InitArgs};
use crate::folder::Folder;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::{Diagnostic, Sources};
use deploy::project::is_pipeline_name;
use deploy::project::samconfig::{Format, Samconfig, init_pipeline, read_samconfig};
use indexmap::IndexMap;

/// Writes `.landfall/NAME/pipeline.yaml`, never over one that is there.
pub(crate) fn run(global: &Global, args: &InitArgs) -> Result<Exit, Trouble> {
    let folder = Folder::open(&global.project)?;
    let mut sources = Sources::new();
    let config = samconfig(&folder, &mut sources)?;
    let template = folder.template().unwrap_or_else(|| "template.yaml".to_owned());
    let text = init_pipeline(&config, &template, &IndexMap::new());
    if args.stdout {
        screen::data(&text)?;
        return Ok(Exit::Done);
    }
    let name = args.name.clone().or_else(|| global.pipeline.clone()).unwrap_or_else(|| folder_name(&folder));
    if !is_pipeline_name(&name) {
        let told = Diagnostic::error("PIPE-008", format!("`{name}` cannot be the name of a pipeline"));
        return Err(Trouble::usage(told.hint("give `--name` lower-case letters, digits and hyphens, 64 at most")));
    }
    let path = folder.root.join(Folder::pipeline_path(&name));
    if path.exists() {
        let told = Diagnostic::error("CLI-020", format!("`{}` is there already", path.display()));
        return Err(Trouble::usage(
            told.hint("choose another name with `--name`, or see what it would be with `--stdout`"),
        ));
    }
    let parent = path.parent().unwrap_or(&folder.root);
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text)).map_err(|e| {
        let told = Diagnostic::error("CLI-001", format!("`{}` could not be written: {e}", path.display()));
        Trouble::new(Exit::Failed, told.hint("let the folder be written to, or see it with `--stdout`"))
    })?;
    screen::talk(&format!("wrote {}", path.display()));
    if !folder.root.join(&template).is_file() {
        screen::talk(&format!("there is no `{template}` here yet; the pipeline deploys it"));
    }
    screen::talk(&format!("next: fill in the account ids, then {}", screen::command(global, "landfall check")));
    Ok(Exit::Done)
}

fn samconfig(folder: &Folder, sources: &mut Sources) -> Result<Samconfig, Trouble> {
    let (text, file, format) = match folder.samconfig() {
        Some(path) => {
            let file = folder.read(&path, sources)?;
            let format = if path.ends_with(".toml") { Format::Toml } else { Format::Yaml };
            (sources.get(file).map(|s| s.text.clone()).unwrap_or_default(), file, format)
        }
        None => (String::new(), sources.add("samconfig.toml", ""), Format::Toml),
    };
    let (config, found) = read_samconfig(file, &text, format);
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, std::mem::take(sources)));
    }
    Ok(config)
}

/// The project folder's own name in the grammar of pipeline names.
fn folder_name(folder: &Folder) -> String {
    let path = folder.root.canonicalize().unwrap_or_else(|_| folder.root.clone());
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let clean = clean.trim_matches('-');
    if is_pipeline_name(clean) { clean.to_owned() } else { "pipeline".to_owned() }
}
