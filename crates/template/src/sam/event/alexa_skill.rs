//! `AlexaSkill`: an Alexa skill may invoke the function.

use super::{Event, EventKind, Target, no_link, permission};
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind =
    EventKind { name: "AlexaSkill", properties: &[Property::new("SkillId", Shape::Str)], link: no_link, translate };

fn translate(event: &mut Event, target: &mut Target<'_>, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut permission = permission::construct(event, target, "alexa-appkit.amazon.com", "", None)?;
    permission.set("EventSourceToken", event.get("SkillId").cloned());
    Ok(vec![permission])
}
