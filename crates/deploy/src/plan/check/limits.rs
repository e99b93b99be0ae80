//! CloudFormation's quotas ("CloudFormation quotas", user guide), before it refuses.

use super::{Context, Finding};
use crate::plan::Text;

const TEMPLATE_BYTES: u64 = 1_048_576;
const RESOURCES: usize = 500;
const OUTPUTS: usize = 200;
const PARAMETERS: usize = 200;
const VALUE_BYTES: usize = 4_096;
const TAGS: usize = 50;
const TOPICS: usize = 5;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, step, deploy) in context.deploys() {
        let change = &deploy.change;
        let mut over = |what: String, hint: &str| {
            found.push(Finding::error("PLAN-043", target, format!("step `{}`: {what}", step.id)).hint(hint));
        };
        if change.template.bytes > TEMPLATE_BYTES {
            let message =
                format!("the packaged template has {} bytes, of {TEMPLATE_BYTES} at most", change.template.bytes);
            over(message, "split it into nested stacks, or move inline code into files");
        }
        let facts = context.templates.get(&step.id);
        let (resources, outputs) = facts.map_or((0, 0), |f| (f.resources, f.outputs));
        if resources > RESOURCES {
            over(
                format!("the template has {resources} resources, of {RESOURCES} at most"),
                "split it into nested stacks",
            );
        }
        if outputs > OUTPUTS {
            over(format!("the template has {outputs} outputs, of {OUTPUTS} at most"), "remove those that nobody reads");
        }
        if change.parameters.len() > PARAMETERS {
            over(format!("{} parameters, of {PARAMETERS} at most", change.parameters.len()), "join some of them");
        }
        if change.tags.len() > TAGS {
            let message = format!("{} tags with those of Landfall, of {TAGS} at most", change.tags.len());
            over(message, "remove some");
        }
        if change.notification_arns.len() > TOPICS {
            over(format!("{} topics, of {TOPICS} at most", change.notification_arns.len()), "remove some");
        }
        for (name, value) in &change.parameters {
            if let Text::Plain(value) = value
                && value.len() > VALUE_BYTES
            {
                let message = format!("the value of `{name}` has {} bytes, of {VALUE_BYTES} at most", value.len());
                over(message, "keep it in a parameter store and pass its name");
            }
        }
    }
}
