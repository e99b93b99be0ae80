//! TRUST-017: a session longer than AWS will give.

use crate::check::{Check, Report, Rule, TrustFacts};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-017",
    severity: Severity::Error,
    title: "session longer than AWS allows",
    why: "a role assumed by another role's session lasts an hour at most whatever the role allows, and asking for more fails",
    check: Check::Trust(check),
};

/// Cap of role chaining, and the default `MaxSessionDuration`.
const HOUR: u32 = 3_600;

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    let Some(session) = facts.session.filter(|s| s.duration_seconds > 0) else { return };
    let asked = session.duration_seconds;
    let most = facts.max_session_seconds.unwrap_or(HOUR);
    if session.chained && asked > HOUR {
        report.add(
            "",
            "chain",
            format!("{asked} seconds are asked for on a role chain"),
            "ask for 3600 seconds at most, and renew the session while the run goes on",
        );
    } else if !session.chained && facts.max_session_seconds.is_some() && asked > most {
        report.add(
            "",
            "maximum",
            format!("{asked} seconds are asked for and the role allows {most}"),
            format!("set `MaxSessionDuration` to {asked}, or ask for {most} seconds"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{session, trust_with};
    use serde_json::json;

    #[test]
    fn chains_last_an_hour() {
        let ask = |chained, seconds, most| {
            trust_with("TRUST-017", json!([]), |f| {
                f.session = Some(session(false, false, chained, seconds));
                f.max_session_seconds = most;
            })
        };
        assert_eq!(ask(true, 7_200, Some(43_200)), ["error : 7200 seconds are asked for on a role chain"]);
        assert_eq!(ask(false, 7_200, Some(3_600)), ["error : 7200 seconds are asked for and the role allows 3600"]);
        assert!(ask(true, 3_600, None).is_empty());
        assert!(ask(false, 7_200, Some(43_200)).is_empty());
    }
}
