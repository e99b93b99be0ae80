//! The fault plan: failures to come, as data. It is applied in one place, around the call of a service.

use base::{AccountId, Region};
use serde::{Deserialize, Serialize};

/// One failure and when it strikes. Absent conditions match everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The service, for example `cloudformation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The operation, for example `ExecuteChangeSet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The account whose credentials sign the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The region of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Which of the matching calls fail, counted from 1.
    #[serde(default)]
    pub calls: Calls,
    /// What happens.
    pub effect: Effect,
    /// How many matching calls there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seen: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Which calls, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// Every one.
    #[default]
    All,
    /// Only the nth.
    Nth(u64),
    /// From the first number to the last, both included.
    Range(u64, u64),
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The call is not carried out and answers with an error.
    Error {
        /// The error code, for example `Throttling`.
        code: String,
        /// The text; a plain one if it is absent.
        #[serde(default)]
        message: String,
        /// The HTTP status; 400 if it is absent.
        #[serde(default = "bad_request")]
        status: u16,
    },
    /// The call is carried out after some seconds of the world's time.
    DelaySeconds(f64),
    /// The call is carried out, and the connection closes without an answer.
    AcceptThenTimeout,
    /// The call is carried out, and nothing is answered until the client gives up or [`crate::Sandbox::release`] is called.
    AcceptThenHold,
    /// The connection closes and nothing was done.
    DropConnection,
    /// Nothing is done and nothing is answered until the client gives up or [`crate::Sandbox::release`] is called.
    Hold,
}

fn bad_request() -> u16 {
    400
}

/// The coordinates of a call that faults are matched with.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The service.
    pub service: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// The signing account; unsigned calls have none.
    pub account: Option<&'a AccountId>,
    /// The region.
    pub region: &'a Region,
}

/// Counts a call against every fault it matches, and gives the first effect that strikes.
pub fn strike(plan: &mut [Fault], site: Site<'_>) -> Option<Effect> {
    let mut first = None;
    for fault in plan.iter_mut().filter(|f| f.matches(site)) {
        fault.seen += 1;
        if first.is_none() && fault.calls.include(fault.seen) {
            first = Some(fault.effect.clone());
        }
    }
    first
}

impl Fault {
    fn matches(&self, site: Site<'_>) -> bool {
        self.service.as_deref().is_none_or(|s| s == site.service)
            && self.operation.as_deref().is_none_or(|o| o == site.operation)
            && self.account.as_ref().is_none_or(|a| Some(a) == site.account)
            && self.region.as_ref().is_none_or(|r| r == site.region)
    }
}

impl Calls {
    pub(crate) fn include(self, n: u64) -> bool {
        match self {
            Self::All => true,
            Self::Nth(nth) => n == nth,
            Self::Range(from, to) => (from..=to).contains(&n),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_fault_strikes_the_calls_it_names() {
        let text = r#"[{"service":"cloudformation","operation":"DescribeStacks","calls":{"range":[2,3]},
                        "effect":{"error":{"code":"Throttling","message":"Rate exceeded"}}},
                       {"account":"222222222222","calls":{"nth":1},"effect":"accept_then_timeout"}]"#;
        let mut plan: Vec<Fault> = serde_json::from_str(text).unwrap();
        let (one, two) = (AccountId::new("111111111111").unwrap(), AccountId::new("222222222222").unwrap());
        let region = Region::new("us-east-1").unwrap();
        let mut call = |operation, account| {
            strike(&mut plan, Site { service: "cloudformation", operation, account: Some(account), region: &region })
        };
        assert_eq!(call("DescribeStacks", &one), None);
        assert!(matches!(call("DescribeStacks", &one), Some(Effect::Error { status: 400, .. })));
        assert_eq!(call("CreateStack", &one), None);
        assert_eq!(call("CreateStack", &two), Some(Effect::AcceptThenTimeout));
        assert!(matches!(call("DescribeStacks", &one), Some(Effect::Error { .. })));
        assert_eq!(call("DescribeStacks", &one), None);
    }
}
