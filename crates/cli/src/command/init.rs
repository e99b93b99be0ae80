//! `landfall init`: a pipeline from an existing SAM project.

use crate::args::{Global, InitArgs};
use crate::folder::Folder;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::{Diagnostic, Sources};
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
    let path = folder.root.join(Folder::pipeline_path(&name));
    if path.exists() {
        let told = Diagnostic::error("CLI-020", format!("`{}` is there already", path.display()));
        return Err(Trouble::usage(
            told.hint("choose another name with `--name`, or see what it would be with `--stdout`"),
        ));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&path, text)?;
    screen::talk(&format!("wrote {}", path.display()));
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
    if clean.is_empty() { "pipeline".to_owned() } else { clean }
}
