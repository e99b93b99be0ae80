//! The organization of a scenario: made, changed by others, and asked what is so.

use base::{AccountId, Region};
use sandbox::cloudformation::ResourceFault;
use sandbox::cloudformation::change_set::ExecutionStatus;
use sandbox::dispatch::{self, Reply};
use sandbox::wire::WireRequest;
use sandbox::world::{AfterStack, AlarmChange, AlarmPlan, CALLS};
use sandbox::{CallRecord, Fault, World};
use std::path::PathBuf;

/// The organization as it lies in a project's folder.
pub struct Organization {
    folder: PathBuf,
}

impl Organization {
    /// The demo's organization, in a folder. Its alarms have nothing planned.
    pub fn demo(folder: PathBuf) -> Self {
        let mut world = World::demo();
        for plan in &mut world.alarm_plan {
            plan.changes.clear();
        }
        world.save(&folder).unwrap();
        Self { folder }
    }

    /// The organization that lies in a folder.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Puts another organization in its place.
    pub fn replace(&self, yaml: &str) -> Result<(), String> {
        let (world, found) = World::from_yaml(yaml);
        let wrong: Vec<String> = found.iter().map(|d| d.message.clone()).collect();
        if !wrong.is_empty() {
            return Err(format!("the world cannot be read: {}", wrong.join("; ")));
        }
        world.save(&self.folder).map_err(|e| e.to_string())
    }

    fn world(&self) -> World {
        World::load(&self.folder).unwrap().expect("there is a world")
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        let result = change(&mut world);
        world.save(&self.folder).unwrap();
        result
    }

    pub fn fault(&self, fault: Option<&str>) -> Result<(), String> {
        let Some(text) = fault else {
            self.change(|w| w.faults.clear());
            return Ok(());
        };
        let fault: Fault = serde_json::from_str(text).map_err(|e| e.to_string())?;
        self.change(|w| w.faults.push(fault));
        Ok(())
    }

    pub fn resource_fault(&self, text: &str) -> Result<(), String> {
        let fault: ResourceFault = serde_json::from_str(text).map_err(|e| e.to_string())?;
        self.change(|w| w.resource_faults.push(fault));
        Ok(())
    }

    pub fn suspend(&self, account: &str) -> Result<(), String> {
        let id = AccountId::new(account).map_err(|e| e.to_string())?;
        self.change(|w| w.account_mut(&id).map(|a| a.suspended = true)).ok_or_else(|| "no such account".to_owned())
    }

    pub fn wait(&self, seconds: f64) {
        self.change(|w| {
            let goal = w.clock.plus_seconds(seconds);
            w.advance_to(goal);
        });
    }

    /// `ACCOUNT REGION NAME STATE [after STACK STATUS SECONDS [OCCURRENCE]]`
    pub fn alarm(&self, words: &[String]) -> Result<(), String> {
        let [account, region, name, state, rest @ ..] = words else { return Err("an alarm has four words".into()) };
        let account_id = AccountId::new(account.clone()).map_err(|e| e.to_string())?;
        let region_id = Region::new(region.clone()).map_err(|e| e.to_string())?;
        if rest.is_empty() {
            let words = format!(
                "{account} {region} cloudwatch SetAlarmState AlarmName={name} StateValue={state} StateReason=set\\_by\\_a\\_person"
            );
            return self.call(&words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        }
        let [_, stack, status, seconds, occurrence @ ..] = rest else {
            return Err("after STACK STATUS SECONDS".into());
        };
        let after = AfterStack {
            stack: stack.clone(),
            status: status.clone(),
            seconds: seconds.parse().map_err(|_| "the seconds are no number")?,
            occurrence: occurrence.first().and_then(|o| o.parse().ok()).unwrap_or(1),
        };
        let change = AlarmChange { state: state.clone(), at: None, after: Some(after) };
        self.change(|w| {
            let mut plans = w.alarm_plan.iter_mut();
            match plans.find(|p| p.account == account_id && p.region == region_id && p.name == *name) {
                Some(plan) => plan.changes.push(change),
                None => w.alarm_plan.push(AlarmPlan {
                    account: account_id,
                    region: region_id,
                    name: name.clone(),
                    state: "OK".to_owned(),
                    changes: vec![change],
                }),
            }
        });
        Ok(())
    }

    /// `ACCOUNT REGION SERVICE Operation K=V…`: a call in the query protocol by the account's administrator.
    pub fn call(&self, words: &[String]) -> Result<(), String> {
        let [account, region, service, operation, parameters @ ..] = words else {
            return Err("a call has four words or more".into());
        };
        let mut body = format!("Action={operation}&Version=2010-05-15");
        for pair in parameters {
            let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` has no `=`"))?;
            let value = sandbox::wire::query::percent_encode(&value.replace("\\_", " "), false);
            body.push_str(&format!("&{key}={value}"));
        }
        let signing = if service == "cloudwatch" { "monitoring" } else { service.as_str() };
        let mut request = WireRequest { method: "POST".into(), path: "/".into(), ..WireRequest::default() };
        let scope = format!("{account}/20261123/{region}/{signing}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        request.headers.insert("authorization", signed.parse().unwrap());
        request.headers.insert("x-amz-date", "20261123T150000Z".parse().unwrap());
        request.headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        request.body = body.into_bytes();
        match self.change(|w| dispatch::handle(w, &request)) {
            Reply::Send(response) | Reply::SendAfter(_, response) if response.status < 300 => Ok(()),
            Reply::Send(response) | Reply::SendAfter(_, response) => {
                Err(format!("{operation} is refused: {}", String::from_utf8_lossy(&response.body)))
            }
            other => Err(format!("{operation}: {other:?}")),
        }
    }

    /// What the sandbox answered so far does not count any more.
    pub fn forget_calls(&self) {
        let _ = std::fs::remove_file(self.folder.join(CALLS));
    }

    /// `ACCOUNT REGION SERVICE` of calls that are counted; `any` is every one.
    fn calls(&self, place: &[&str], counted: impl Fn(&CallRecord) -> bool) -> usize {
        let text = std::fs::read_to_string(self.folder.join(CALLS)).unwrap_or_default();
        let records = text.lines().map(|line| serde_json::from_str::<CallRecord>(line).unwrap());
        let is = |wanted: &str, found: &str| wanted == "any" || wanted == found;
        records
            .filter(|call| {
                is(place[0], call.account.as_ref().map_or("", AccountId::as_str))
                    && is(place[1], call.region.as_str())
                    && is(place[2], &call.service)
                    && counted(call)
            })
            .count()
    }

    /// Whether a statement holds; the error says what is so instead.
    pub fn holds(&self, statement: &str) -> Result<(), String> {
        let words: Vec<&str> = statement.split_whitespace().collect();
        let found = match words[..] {
            ["mutations", ref place @ .., _] if place.len() == 3 => self.calls(place, CallRecord::changed_the_world),
            ["calls", ref place @ .., operation, _] if place.len() == 3 => {
                self.calls(place, |call| call.operation == operation)
            }
            _ => return self.stands(statement, &words),
        };
        if words.last() == Some(&found.to_string().as_str()) {
            return Ok(());
        }
        Err(format!("assert {statement}: it is {found}"))
    }

    fn stands(&self, statement: &str, words: &[&str]) -> Result<(), String> {
        let [what, account, region, name, expected] = words[..] else {
            return Err(format!("`assert {statement}` is not understood"));
        };
        let account = AccountId::new(account).map_err(|e| e.to_string())?;
        let region = Region::new(region).map_err(|e| e.to_string())?;
        let world = self.world();
        let stacks = world.region(&account, &region).map(|r| &r.cloudformation);
        let stack = stacks.and_then(|s| s.find(name));
        let all = stacks.iter().flat_map(|s| s.stacks.values()).filter(|s| s.name == name);
        let found = match what {
            "stack" => stack.map_or_else(|| "absent".to_owned(), |s| s.status.as_str().to_owned()),
            "release" => {
                stack.and_then(|s| s.definition.tags.get("landfall:release").cloned()).unwrap_or_else(|| "none".into())
            }
            "operations" => {
                let begins = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"];
                let events = all.flat_map(|s| s.events.iter().filter(|e| e.physical_id == s.id));
                events.filter(|e| begins.contains(&e.status.as_str())).count().to_string()
            }
            "change-sets" => {
                let sets = stacks.iter().flat_map(|s| s.change_sets.values());
                sets.filter(|c| c.stack_name == name && c.execution != ExecutionStatus::ExecuteComplete)
                    .count()
                    .to_string()
            }
            _ => return Err(format!("`assert {what}` is not understood")),
        };
        if found == expected { Ok(()) } else { Err(format!("assert {statement}: it is {found}")) }
    }
}
