//! `landfall check`: everything that can be known offline, all problems at once.

mod examine;
mod gather;
mod live;
mod report;

use crate::args::{CheckArgs, Global};
use crate::folder::Folder;
use crate::trouble::{Exit, Trouble};
use crate::wiring::RealClock;
use base::Sources;
use deploy::review::{Found, suppress};
use engine::ports::Clock as _;

/// Everything that was looked at, and what came of it.
struct Checked {
    sources: Sources,
    found: Vec<Found>,
    files: usize,
    roles: usize,
}

/// Checks the given files and folders, or the project's pipelines and all that they name.
pub(crate) fn run(global: &Global, args: &CheckArgs) -> Result<Exit, Trouble> {
    let folder = Folder::open(&global.project)?;
    let mut gathered = gather::Gathered::default();
    let mut roles = 0;
    if args.live {
        (gathered.found, roles) = live::review(global)?;
    } else if args.files.is_empty() {
        gathered.project(&folder, global)?;
    } else {
        gathered.surroundings(&folder)?;
        for path in &args.files {
            gathered.path(path)?;
        }
    }
    gathered.suppressions(&folder)?;
    let gather::Gathered { sources, jobs, found, suppressions, repository, .. } = gathered;
    let mut checked = Checked { found, files: 0, roles, sources };
    let mut suppressions = suppressions;
    for examined in examine::all(&jobs, &checked.sources, repository.as_ref()) {
        checked.files += usize::from(examined.counts);
        checked.found.extend(examined.found);
        suppressions.extend(examined.suppressions);
    }
    let today = RealClock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let about = suppress::apply(&mut checked.found, &suppressions, today, &checked.sources);
    checked.found.extend(about.into_iter().map(Found::from));
    report::report(&checked, global.output, args)
}
