//! The organization's tree, worlds as files, and worlds on disk.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use landfall_sandbox::World;
use serde_json::{Value, json};
use support::{HUB, administrator};

fn call(world: &mut World, operation: &str, input: Value) -> Result<Value, String> {
    administrator("999999999999").json(world, "organizations", &format!("AWSOrganizationsV20161128.{operation}"), input)
}

#[test]
fn accounts_come_in_pages_and_suspended_ones_are_told() {
    let mut world = World::demo();
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"MaxResults": 3});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let page = call(&mut world, "ListAccounts", input).unwrap();
        found.extend(page["Accounts"].as_array().unwrap().iter().map(|a| format!("{} {}", a["Name"], a["Status"])));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), 8);
    assert!(found.contains(&"\"customer-left\" \"SUSPENDED\"".to_owned()));
    let error = call(&mut world, "ListAccounts", json!({"NextToken": "nonsense"})).unwrap_err();
    assert!(error.starts_with("InvalidInputException: "), "{error}");
}

#[test]
fn the_tree_can_be_walked_from_the_root() {
    let mut world = World::demo();
    let roots = call(&mut world, "ListRoots", json!({})).unwrap();
    let root = roots["Roots"][0]["Id"].clone();
    let units = call(&mut world, "ListOrganizationalUnitsForParent", json!({"ParentId": root})).unwrap();
    let names: Vec<_> =
        units["OrganizationalUnits"].as_array().unwrap().iter().map(|u| u["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["platform", "workloads"]);
    let fleet = json!({"ParentId": "ou-lf42-fleet", "ChildType": "ACCOUNT"});
    assert_eq!(call(&mut world, "ListChildren", fleet).unwrap()["Children"].as_array().unwrap().len(), 4);
    let parents = call(&mut world, "ListParents", json!({"ChildId": "ou-lf42-fleet"})).unwrap();
    assert_eq!(parents["Parents"], json!([{"Id": "ou-lf42-workloads", "Type": "ORGANIZATIONAL_UNIT"}]));
    let cases = [
        ("ListChildren", json!({"ParentId": "ou-none", "ChildType": "ACCOUNT"}), "ParentNotFoundException"),
        ("DescribeAccount", json!({"AccountId": "123456789012"}), "AccountNotFoundException"),
        ("ListParents", json!({"ChildId": "ou-none"}), "ChildNotFoundException"),
        (
            "DescribeOrganizationalUnit",
            json!({"OrganizationalUnitId": "ou-none"}),
            "OrganizationalUnitNotFoundException",
        ),
    ];
    for (operation, input, code) in cases {
        let error = call(&mut world, operation, input).unwrap_err();
        assert!(error.starts_with(code), "{operation}: {error}");
    }
    let target = "AWSOrganizationsV20161128.ListRoots";
    let error = administrator("111111111111").json(&mut world, "organizations", target, json!({})).unwrap_err();
    assert_eq!(error, "AccessDeniedException: You don't have permissions to access this resource.");
}

#[test]
fn a_world_says_everything_that_is_wrong_with_it() {
    let text = r#"clock: "2026-11-23T10:00:00Z"
acounts: []
organization: { id: o-x, root: r-x, management: "111111111111" }
accounts:
  - { id: "22222222222", name: short }
  - { id: "333333333333", name: lost, unit: ou-none }
  - { id: "333333333333", name: twice }
roles:
  - accounts: ["333333333333", "444444444444"]
    name: r
    trust: { Version: "2012-10-17", Statement: { Effect: Allow, Principal: { AWS: "arn:aws:iam::333333333333:role/none" }, Action: "sts:AssumeRole" } }
buckets:
  - { account: "333333333333", region: us-east-1, name: Bad_Name }
alarms:
  - { account: "333333333333", region: us-east-1, name: health, changes: [{ state: RED }] }
faults:
  - { service: lambada, effect: drop_connection }
"#;
    let (world, diagnostics) = World::from_yaml(text);
    let shown: Vec<String> = diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    WORLD-002 unknown section `acounts`
    WORLD-004 this item cannot be read: `22222222222` is not an account id of twelve digits
    WORLD-005 the management account `111111111111` is not among the accounts
    WORLD-005 the unit `ou-none` of the account `333333333333` is not known
    WORLD-005 the account `333333333333` is listed twice
    WORLD-005 the account `444444444444` is not known
    WORLD-005 the trust of the role `r` is refused: Invalid principal in policy: "AWS":"arn:aws:iam::333333333333:role/none"
    WORLD-005 the bucket `Bad_Name` cannot be made: The specified bucket is not valid.
    WORLD-005 `RED` is not a state of the alarm `health`
    WORLD-005 a change of the alarm `health` must have one of `at` and `after`
    WORLD-005 no service of the sandbox is called `lambada`
    "#);
    assert_eq!(world.accounts.len(), 1, "what could be read is there");
}

#[test]
fn a_world_on_disk_is_the_world_that_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    assert!(World::load(folder.path()).unwrap().is_none());
    let mut world = World::demo();
    let hub = administrator("999999999999").assume(&mut world, HUB, &[]).unwrap();
    let path = "/landfall-artifacts-999999999999-us-east-1/k";
    assert_eq!(hub.s3(&mut world, "PUT", path, &[], b"bytes").status, 200);
    world.save(folder.path()).unwrap();
    let mut back = World::load(folder.path()).unwrap().unwrap();
    assert_eq!(hub.s3(&mut back, "GET", path, &[], b"").body, b"bytes");
    assert_eq!(back.now(), world.now());
    let text = std::fs::read_to_string(folder.path().join("world.json")).unwrap();
    back.save(folder.path()).unwrap();
    assert_ne!(text, "", "a second save replaces the first");
    let object = std::fs::read_dir(folder.path().join("objects")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(object, b"damaged").unwrap();
    assert_eq!(World::load(folder.path()).unwrap_err().kind(), std::io::ErrorKind::InvalidData);
}
