//! The simulated services. To add one: a module with a `State`, a field for it in [`crate::world::RegionState`], and one
//! line in [`REGISTRY`].

pub mod apigateway;
pub mod cloudwatch;
pub mod codedeploy;
pub mod dynamodb;
pub mod events;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod organizations;
pub mod paging;
pub mod resources;
pub mod s3;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod states;
pub mod sts;

use crate::call::{Answer, AwsError, Body, Call};
use crate::identity::Principal;
use crate::wire::{Protocol, WireRequest};
use crate::world::World;
use base::{AccountId, Region};
use jiff::Timestamp;
use serde_json::Value;

/// What the server needs to know about a service.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its name in logs, in faults and in IAM actions.
    pub name: &'static str,
    /// The name in a credential's scope, where it differs (`monitoring` for CloudWatch).
    pub signing_name: &'static str,
    /// The protocols it answers, the first being the one for requests that carry no other mark.
    pub protocols: &'static [Protocol],
    /// For JSON: the prefix of `X-Amz-Target`. For RPC v2: the service's name in the path. Empty otherwise.
    pub target: &'static str,
    /// For REST: the operation that a method and path mean, nothing if there is none.
    pub route: Option<fn(&WireRequest) -> Option<&'static str>>,
    /// Carries out one call.
    pub call: fn(&mut World, &Call<'_>) -> Answer,
    /// Does what is due at the world's time.
    pub tick: Option<fn(&mut World)>,
    /// The next moment at which `tick` has something to do.
    pub next_due: Option<fn(&World) -> Option<Timestamp>>,
}

impl Service {
    /// A service with one name and no work of its own between calls.
    pub const fn new(
        name: &'static str,
        protocols: &'static [Protocol],
        call: fn(&mut World, &Call<'_>) -> Answer,
    ) -> Self {
        Self { name, signing_name: name, protocols, target: "", route: None, call, tick: None, next_due: None }
    }

    /// The same, signed for under another name.
    pub const fn signed_as(mut self, signing_name: &'static str) -> Self {
        self.signing_name = signing_name;
        self
    }

    /// The same with its `X-Amz-Target` prefix.
    pub const fn with_target(mut self, target: &'static str) -> Self {
        self.target = target;
        self
    }

    /// The same with its REST routes.
    pub const fn with_route(mut self, route: fn(&WireRequest) -> Option<&'static str>) -> Self {
        self.route = Some(route);
        self
    }

    /// The same with work to do between calls.
    pub const fn with_tick(mut self, tick: fn(&mut World), next_due: fn(&World) -> Option<Timestamp>) -> Self {
        self.tick = Some(tick);
        self.next_due = Some(next_due);
        self
    }
}

/// Every service. The order is the order in which they tick.
pub static REGISTRY: &[Service] = &[
    Service::new("sts", &[Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/")], sts::call),
    Service::new("iam", &[Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/")], iam::call),
    Service::new("organizations", &[Protocol::Json("1.1")], organizations::call)
        .with_target("AWSOrganizationsV20161128"),
    Service::new("s3", &[Protocol::RestXml], s3::call).with_route(s3::route),
    Service::new(
        "sqs",
        &[Protocol::Json("1.0"), Protocol::Query("http://queue.amazonaws.com/doc/2012-11-05/")],
        sqs::call,
    )
    .with_target("AmazonSQS"),
    Service::new("sns", &[Protocol::Query("http://sns.amazonaws.com/doc/2010-03-31/")], sns::call),
    Service::new("dynamodb", &[Protocol::Json("1.0")], dynamodb::call).with_target("DynamoDB_20120810"),
    Service::new("logs", &[Protocol::Json("1.1")], logs::call).with_target("Logs_20140328"),
    Service::new("events", &[Protocol::Json("1.1")], events::call).with_target("AWSEvents"),
    Service::new("scheduler", &[Protocol::RestJson], events::scheduler_call).with_route(events::scheduler_route),
    Service::new("ssm", &[Protocol::Json("1.1")], ssm::call).with_target("AmazonSSM"),
    Service::new("states", &[Protocol::Json("1.0")], states::call).with_target("AWSStepFunctions"),
    Service::new("codedeploy", &[Protocol::Json("1.1")], codedeploy::call).with_target("CodeDeploy_20141006"),
    Service::new("apigateway", &[Protocol::RestJson], apigateway::call).with_route(apigateway::route),
    Service::new("lambda", &[Protocol::RestJson], lambda::call).with_route(lambda::route),
    // Before CloudFormation, so that an operation sees the alarm that rings at the same moment.
    Service::new(
        "cloudwatch",
        &[Protocol::Query("http://monitoring.amazonaws.com/doc/2010-08-01/"), Protocol::Json("1.0"), Protocol::Cbor],
        cloudwatch::call,
    )
    .signed_as("monitoring")
    .with_target("GraniteServiceVersion20100801")
    .with_tick(cloudwatch::tick, cloudwatch::next_due),
    Service::new(
        "cloudformation",
        &[Protocol::Query("http://cloudformation.amazonaws.com/doc/2010-05-15/")],
        crate::cloudformation::call,
    )
    .with_tick(crate::cloudformation::tick, crate::cloudformation::next_due),
];

/// The service of a name.
pub fn by_name(name: &str) -> Option<&'static Service> {
    REGISTRY.iter().find(|service| service.name == name)
}

/// Who acts, and where, when one service calls another inside the world.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Whose permissions count.
    pub principal: Principal,
    /// The account in which the call is made.
    pub account: AccountId,
    /// The region in which the call is made.
    pub region: Region,
}

/// Calls a service from inside the world, as CloudFormation does for the resources of a stack. The call is authorized
/// like any other, but no fault strikes it and the log does not show it. Times in the answer are seconds since 1970.
pub fn invoke(
    world: &mut World,
    actor: &Actor,
    service: &str,
    operation: &str,
    input: Value,
) -> Result<Value, AwsError> {
    let service = by_name(service).ok_or_else(|| AwsError::not_implemented(service, operation))?;
    let http = WireRequest::default();
    let call = Call {
        service: service.name,
        operation: operation.to_owned(),
        input,
        principal: actor.principal.clone(),
        account: actor.account.clone(),
        region: actor.region.clone(),
        request_id: world.ids.uuid(),
        protocol: Protocol::Json("1.1"),
        http: &http,
    };
    match (service.call)(world, &call)?.body {
        Body::Tree(tree) => Ok(tree),
        Body::Bytes(_) | Body::Empty | Body::Length(_) => Ok(Value::Null),
    }
}
