//! The organization, its root and its units.

use super::state::{Organization, Unit};
use super::{invalid, list, not_found, organization};
use crate::call::{Answer, AwsError, Call};
use crate::world::World;
use base::AccountId;
use serde_json::{Value, json};

pub(super) fn describe_organization(world: &mut World, call: &Call<'_>) -> Answer {
    let management = organization(world, call)?.management.clone();
    let email = world.account(&management).map(|a| a.email.clone());
    let o = organization(world, call)?;
    let tree = json!({
        "Id": o.id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{}", o.id),
        "FeatureSet": "ALL",
        "MasterAccountArn": o.arn("account", management.as_str()),
        "MasterAccountId": management,
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    });
    Ok(json!({ "Organization": tree }).into())
}

pub(super) fn list_roots(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let root = json!({
        "Id": o.root,
        "Arn": o.arn("root", &o.root),
        "Name": "Root",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    });
    list(call, "Roots", vec![root])
}

fn unit_value(o: &Organization, unit: &Unit) -> Value {
    json!({"Id": unit.id, "Arn": o.arn("ou", &unit.id), "Name": unit.name})
}

/// The parent that a call names, if it is there.
pub(super) fn parent<'c>(o: &Organization, call: &'c Call<'_>) -> Result<&'c str, AwsError> {
    let id = call.text("ParentId").ok_or_else(|| invalid("You specified an invalid value."))?;
    if o.has_parent(id) {
        return Ok(id);
    }
    Err(not_found("ParentNotFoundException", "You specified parent that doesn't exist."))
}

pub(super) fn list_units(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let parent = parent(o, call)?;
    let units = o.units.values().filter(|u| u.parent == parent).map(|u| unit_value(o, u)).collect();
    list(call, "OrganizationalUnits", units)
}

pub(super) fn describe_unit(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let unit = call.text("OrganizationalUnitId").and_then(|id| o.units.get(id));
    let unit = unit.ok_or_else(|| {
        not_found("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
    })?;
    Ok(json!({ "OrganizationalUnit": unit_value(o, unit) }).into())
}

pub(super) fn create_unit(world: &mut World, call: &Call<'_>) -> Answer {
    let suffix = world.ids.lower(8);
    let o = organization(world, call)?;
    let parent = parent(o, call)?.to_owned();
    let name = call.text("Name").ok_or_else(|| invalid("You specified an invalid value."))?;
    if o.units.values().any(|u| u.parent == parent && u.name == name) {
        return Err(AwsError::new(
            400,
            "DuplicateOrganizationalUnitException",
            "An OU with the same name already exists.",
        ));
    }
    let id = format!("ou-{}-{suffix}", o.root.trim_start_matches("r-"));
    o.add_unit(id.clone(), name.to_owned(), parent);
    let unit = o.units.get(&id).map(|u| unit_value(o, u));
    Ok(json!({ "OrganizationalUnit": unit }).into())
}

pub(super) fn list_children(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let parent = parent(o, call)?;
    let kind = call.text("ChildType").unwrap_or_default();
    let ids: Vec<String> = match kind {
        "ACCOUNT" => o.members.iter().filter(|(_, m)| m.parent == parent).map(|(id, _)| id.to_string()).collect(),
        "ORGANIZATIONAL_UNIT" => o.units.values().filter(|u| u.parent == parent).map(|u| u.id.clone()).collect(),
        _ => return Err(invalid("You specified an invalid value.").with_field("Reason", "INVALID_ENUM")),
    };
    list(call, "Children", ids.into_iter().map(|id| json!({"Id": id, "Type": kind})).collect())
}

pub(super) fn list_parents(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let child = call.text("ChildId").unwrap_or_default();
    let of_account = AccountId::new(child).ok().and_then(|id| o.members.get(&id)).map(|m| m.parent.clone());
    let parent = of_account.or_else(|| o.units.get(child).map(|u| u.parent.clone()));
    let missing = || not_found("ChildNotFoundException", "You specified a child that doesn't exist.");
    let parent = parent.ok_or_else(missing)?;
    let kind = if parent == o.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    list(call, "Parents", vec![json!({"Id": parent, "Type": kind})])
}
