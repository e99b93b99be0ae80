//! CloudWatch alarms and logs.

use super::naming::Style;
use super::{Ask, HandlerError, Made, Provider, Verb};
use crate::services::cloudwatch;
use crate::world::World;

/// The rows of CloudWatch and CloudWatch Logs.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::CloudWatch::Alarm", "CloudWatch")
        .named("AlarmName", Style::Mixed(255))
        .arn("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
        .tagged()
        .takes(6, 6, 3)
        .needs("cloudwatch:PutMetricAlarm", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
        .hook(alarm),
    Provider::new("AWS::CloudWatch::CompositeAlarm", "CloudWatch")
        .named("AlarmName", Style::Mixed(255))
        .arn("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
        .tagged()
        .takes(4, 4, 3)
        .needs("cloudwatch:PutCompositeAlarm", "cloudwatch:PutCompositeAlarm", "cloudwatch:DeleteAlarms")
        .hook(alarm),
    Provider::new("AWS::CloudWatch::Dashboard", "CloudWatch")
        .named("DashboardName", Style::Mixed(255))
        .takes(3, 3, 2)
        .needs("cloudwatch:PutDashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"),
    Provider::new("AWS::Logs::LogGroup", "CloudWatchLogs")
        .named("LogGroupName", Style::Mixed(512))
        .arn("arn:{partition}:logs:{region}:{account}:log-group:{name}:*")
        .tagged()
        .takes(4, 4, 3)
        .needs("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"),
    Provider::new("AWS::Logs::MetricFilter", "CloudWatchLogs")
        .within("LogGroupName")
        .named("FilterName", Style::Mixed(512))
        .replaced_by(&["LogGroupName"])
        .takes(2, 2, 1)
        .needs("logs:PutMetricFilter", "logs:PutMetricFilter", "logs:DeleteMetricFilter"),
    Provider::new("AWS::Logs::SubscriptionFilter", "CloudWatchLogs")
        .within("LogGroupName")
        .named("FilterName", Style::Mixed(512))
        .replaced_by(&["LogGroupName"])
        .takes(2, 2, 1)
        .needs("logs:PutSubscriptionFilter", "logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter"),
];

/// A new alarm has no data yet, unless the world's plan says what it is.
fn alarm(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if ask.verb == Verb::Create {
        let state = cloudwatch::first_state(world, ask.account, ask.region, &made.physical_id);
        made.attributes.insert(cloudwatch::STATE.into(), state.into());
    }
    Ok(())
}
