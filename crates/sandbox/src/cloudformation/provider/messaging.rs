//! SQS, SNS, EventBridge and Scheduler.

use super::Provider;
use super::naming::Style;

/// The rows of messaging services.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::SQS::Queue", "Sqs")
        .named("QueueName", Style::Mixed(80))
        .id("https://sqs.{region}.{suffix}/{account}/{name}")
        .arn("arn:{partition}:sqs:{region}:{account}:{name}")
        .attributes(&[("QueueName", "{name}"), ("QueueUrl", "{id}")])
        .replaced_by(&["FifoQueue"])
        .tagged()
        .takes(62, 62, 60)
        .needs("sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue"),
    Provider::new("AWS::SQS::QueuePolicy", "Sqs").takes(2, 2, 1).needs(
        "sqs:SetQueueAttributes",
        "sqs:SetQueueAttributes",
        "sqs:SetQueueAttributes",
    ),
    Provider::new("AWS::SNS::Topic", "Sns")
        .named("TopicName", Style::Mixed(256))
        .id("arn:{partition}:sns:{region}:{account}:{name}")
        .arn("arn:{partition}:sns:{region}:{account}:{name}")
        .attributes(&[("TopicName", "{name}"), ("TopicArn", "{arn}")])
        .replaced_by(&["FifoTopic"])
        .tagged()
        .takes(11, 8, 5)
        .needs("sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic"),
    Provider::new("AWS::SNS::TopicPolicy", "Sns").takes(2, 2, 1).needs(
        "sns:SetTopicAttributes",
        "sns:SetTopicAttributes",
        "sns:SetTopicAttributes",
    ),
    Provider::new("AWS::SNS::Subscription", "Sns")
        .id("{TopicArn}:{uuid}")
        .attributes(&[("Arn", "{id}")])
        .replaced_by(&["TopicArn", "Protocol", "Endpoint"])
        .takes(2, 2, 1)
        .needs("sns:Subscribe", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"),
    Provider::new("AWS::Events::Rule", "EventBridge")
        .within("EventBusName")
        .named("Name", Style::Mixed(64))
        .arn("arn:{partition}:events:{region}:{account}:rule/{name}")
        .replaced_by(&["EventBusName"])
        .tagged()
        .takes(61, 60, 5)
        .needs("events:PutRule", "events:PutRule", "events:DeleteRule"),
    Provider::new("AWS::Events::EventBus", "EventBridge")
        .named("Name", Style::Mixed(256))
        .arn("arn:{partition}:events:{region}:{account}:event-bus/{name}")
        .attributes(&[("Name", "{name}")])
        .tagged()
        .takes(3, 3, 2)
        .needs("events:CreateEventBus", "events:UpdateEventBus", "events:DeleteEventBus"),
    Provider::new("AWS::Scheduler::Schedule", "Scheduler")
        .within("GroupName")
        .named("Name", Style::Mixed(64))
        .arn("arn:{partition}:scheduler:{region}:{account}:schedule/default/{name}")
        .replaced_by(&["GroupName"])
        .takes(3, 3, 2)
        .needs("scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"),
    Provider::new("AWS::Scheduler::ScheduleGroup", "Scheduler")
        .named("Name", Style::Mixed(64))
        .arn("arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}")
        .attributes(&[("State", "ACTIVE")])
        .tagged()
        .takes(3, 1, 2)
        .needs("scheduler:CreateScheduleGroup", "", "scheduler:DeleteScheduleGroup"),
    Provider::new("AWS::Kinesis::Stream", "Kinesis")
        .named("Name", Style::Mixed(128))
        .arn("arn:{partition}:kinesis:{region}:{account}:stream/{name}")
        .tagged()
        .takes(20, 20, 30)
        .needs("kinesis:CreateStream", "kinesis:UpdateShardCount", "kinesis:DeleteStream"),
];
