//! Rollback triggers, monitoring time, and alarms that the world plans.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{Desk, QUEUES};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:cloudwatch:us-east-1:111111111111:alarm:api-health";

fn changed() -> String {
    QUEUES.replace("DelaySeconds: 1", "DelaySeconds: 2")
}

fn watched(stack: &str, template: &str, minutes: u32) -> Value {
    json!({
        "StackName": stack,
        "TemplateBody": template,
        "RollbackConfiguration": {
            "RollbackTriggers": [{ "Arn": ARN, "Type": "AWS::CloudWatch::Alarm" }],
            "MonitoringTimeInMinutes": minutes,
        },
    })
}

fn alarm(desk: &mut Desk, state: &str) {
    let input = json!({ "AlarmName": "api-health", "StateValue": state, "StateReason": "test" });
    desk.service("cloudwatch", "SetAlarmState", input).unwrap();
}

fn make_alarm(desk: &mut Desk) {
    let input = json!({ "AlarmName": "api-health", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1 });
    desk.service("cloudwatch", "PutMetricAlarm", input).unwrap();
    alarm(desk, "OK");
}

#[test]
fn an_alarm_in_the_monitoring_time_takes_the_update_back() {
    let mut desk = Desk::new();
    make_alarm(&mut desk);
    desk.create("q", QUEUES);
    desk.call("UpdateStack", watched("q", &changed(), 10)).unwrap();
    desk.wait(5 * 60);
    assert_eq!(desk.status("q"), "UPDATE_IN_PROGRESS", "all is deployed, the alarms are watched");
    alarm(&mut desk, "INSUFFICIENT_DATA");
    desk.wait(1);
    assert_eq!(desk.status("q"), "UPDATE_IN_PROGRESS", "only ALARM counts");
    alarm(&mut desk, "ALARM");
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events_since("q", "UPDATE_IN_PROGRESS").join("\n"), @r"
        q UPDATE_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        q UPDATE_ROLLBACK_IN_PROGRESS Rollback trigger arn:aws:cloudwatch:us-east-1:111111111111:alarm:api-health went to the state ALARM.
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        q UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        q UPDATE_ROLLBACK_COMPLETE
    ");
}

#[test]
fn a_quiet_monitoring_time_ends_the_update() {
    let mut desk = Desk::new();
    make_alarm(&mut desk);
    desk.create("q", QUEUES);
    let start = desk.world.now();
    desk.call("UpdateStack", watched("q", &changed(), 10)).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_COMPLETE");
    assert!(desk.world.now().duration_since(start).as_secs() >= 600);
}

#[test]
fn a_trigger_that_does_not_exist_fails_the_operation() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.call("UpdateStack", watched("q", &changed(), 0)).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
    let reason = format!("q UPDATE_ROLLBACK_IN_PROGRESS Rollback trigger {ARN} does not exist.");
    assert!(desk.events("q").contains(&reason), "{:#?}", desk.events("q"));
}

#[test]
fn the_world_can_plan_an_alarm_after_a_deployment() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let plan = json!({
        "account": "111111111111",
        "region": "us-east-1",
        "name": "api-health",
        "changes": [
            { "state": "ALARM", "after": { "stack": "q", "status": "UPDATE_COMPLETE", "seconds": 90 } },
            { "state": "OK", "after": { "stack": "q", "status": "UPDATE_COMPLETE", "seconds": 300 } },
        ],
    });
    desk.world.alarm_plan.push(serde_json::from_value(plan).unwrap());
    desk.update("q", &changed());
    let state = |desk: &mut Desk| {
        let found = desk.service("cloudwatch", "DescribeAlarms", json!({ "AlarmNames": ["api-health"] })).unwrap();
        found["MetricAlarms"][0]["StateValue"].as_str().unwrap().to_owned()
    };
    desk.wait(89);
    assert_eq!(state(&mut desk), "OK");
    desk.wait(2);
    assert_eq!(state(&mut desk), "ALARM");
    desk.wait(300);
    assert_eq!(state(&mut desk), "OK");
    let history = desk.service("cloudwatch", "DescribeAlarmHistory", json!({ "AlarmName": "api-health" })).unwrap();
    assert_eq!(history["AlarmHistoryItems"][0]["HistorySummary"], "Alarm updated from ALARM to OK");
}

#[test]
fn a_composite_alarm_follows_its_rule() {
    let mut desk = Desk::new();
    make_alarm(&mut desk);
    let rule = format!("ALARM(\"{ARN}\") AND NOT (ALARM(maintenance) OR FALSE)");
    desk.service("cloudwatch", "PutCompositeAlarm", json!({ "AlarmName": "all", "AlarmRule": rule })).unwrap();
    let state = |desk: &mut Desk| {
        let input = json!({ "AlarmNames": ["all"], "AlarmTypes": ["CompositeAlarm"] });
        let found = desk.service("cloudwatch", "DescribeAlarms", input).unwrap();
        found["CompositeAlarms"][0]["StateValue"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&mut desk), "OK");
    alarm(&mut desk, "ALARM");
    assert_eq!(state(&mut desk), "ALARM");
    let bad = desk
        .service("cloudwatch", "PutCompositeAlarm", json!({ "AlarmName": "x", "AlarmRule": "ALARM(" }))
        .unwrap_err();
    assert_eq!(bad.code, "ValidationError");
}
