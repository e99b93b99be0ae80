//! CloudWatch alarms, metric and composite.

use crate::clients::Aws;
use crate::clock::timestamp;
use crate::failure::failure;
use async_trait::async_trait;
use aws_sdk_cloudwatch::types::AlarmType;
use engine::ports::{AlarmSeen, Alarms, Answer, Site};

/// Names that one `DescribeAlarms` call takes (CloudWatch API reference).
const NAMES_PER_CALL: usize = 100;

#[async_trait]
impl Alarms for Aws {
    async fn read(&self, site: &Site, names: &[String]) -> Answer<Vec<AlarmSeen>> {
        let client = self.cloudwatch(site);
        let mut all = Vec::new();
        for some in names.chunks(NAMES_PER_CALL) {
            let page = client
                .describe_alarms()
                .set_alarm_names(Some(some.to_vec()))
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .max_records(100)
                .send()
                .await
                .map_err(|e| failure(e, false))?;
            all.extend(page.metric_alarms().iter().map(|a| AlarmSeen {
                name: a.alarm_name().unwrap_or_default().to_owned(),
                state: a.state_value().map_or("INSUFFICIENT_DATA", |s| s.as_str()).to_owned(),
                reason: a.state_reason().map(str::to_owned),
                since: a.state_updated_timestamp().map(timestamp),
            }));
            all.extend(page.composite_alarms().iter().map(|a| AlarmSeen {
                name: a.alarm_name().unwrap_or_default().to_owned(),
                state: a.state_value().map_or("INSUFFICIENT_DATA", |s| s.as_str()).to_owned(),
                reason: a.state_reason().map(str::to_owned),
                since: a.state_updated_timestamp().map(timestamp),
            }));
        }
        Ok(all)
    }
}
