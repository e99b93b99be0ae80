//! One request, from bytes to bytes: find the service, know the caller, apply the fault plan, call, write it down.

use crate::authenticate::{self, Caller};
use crate::call::{AwsError, Call};
use crate::faults::{self, Effect, Site};
use crate::log::{self, CallRecord, Outcome};
use crate::services::{self, Service};
use crate::wire::{Protocol, WireRequest, WireResponse};
use crate::world::World;
use base::Region;
use serde_json::Value;

/// What the server does with a request that was handled.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Answer.
    Send(WireResponse),
    /// Answer after some seconds of the world's time.
    SendAfter(f64, WireResponse),
    /// Close the connection without a word.
    Drop,
    /// Say nothing until held requests are released, then close the connection.
    Hold,
}

/// Handles one request.
pub fn handle(world: &mut World, request: &WireRequest) -> Reply {
    world.advance();
    let request_id = world.ids.request();
    let scope = authenticate::scope_of(request);
    let Some((service, protocol)) = find_service(request, scope.as_ref().map(|s| s.service.as_str())) else {
        return Reply::Send(unknown_service(&request_id));
    };
    let region = scope.and_then(|s| Region::new(s.region).ok()).or_else(us_east_1);
    let Some(region) = region else { return Reply::Drop };
    let prepared = prepare(world, service, protocol, request, region, request_id);
    run(world, service, prepared)
}

/// The region of unsigned calls and of services that have only one.
fn us_east_1() -> Option<Region> {
    Region::new("us-east-1").ok()
}

/// A call that may already be refused: it is logged and counted against the fault plan all the same.
struct Prepared<'a> {
    call: Call<'a>,
    refusal: Option<AwsError>,
}

fn prepare<'a>(
    world: &World,
    service: &'static Service,
    protocol: Protocol,
    http: &'a WireRequest,
    region: Region,
    request_id: String,
) -> Prepared<'a> {
    let caller = authenticate::caller(world, service, http, &region);
    let input = protocol.read_input(http);
    let operation = operation_of(service, protocol, http, input.as_ref().ok());
    let refusal =
        [caller.as_ref().err(), input.as_ref().err(), operation.as_ref().err()].into_iter().flatten().next().cloned();
    let Caller { principal, account } = caller.unwrap_or_else(|_| Caller::nobody());
    let call = Call {
        service: service.name,
        operation: operation.unwrap_or_else(|_| "Unknown".to_owned()),
        input: input.unwrap_or_default(),
        principal,
        account,
        region,
        request_id,
        protocol,
        http,
    };
    Prepared { call, refusal }
}

fn run(world: &mut World, service: &'static Service, prepared: Prepared<'_>) -> Reply {
    let Prepared { call, refusal } = prepared;
    let site = Site {
        service: service.name,
        operation: &call.operation,
        account: call.principal.account(),
        region: &call.region,
    };
    let effect = faults::strike(&mut world.faults, site);
    let number = record(world, service, &call);
    match effect {
        Some(Effect::Error { code, message, status }) => {
            let message = if message.is_empty() { "An error from the fault plan".to_owned() } else { message };
            let error = AwsError::new(status, code, message);
            Reply::Send(refuse(world, number, &call, &error))
        }
        Some(Effect::DropConnection) => note(world, number, Outcome::Dropped, Reply::Drop),
        Some(Effect::Hold) => note(world, number, Outcome::Held, Reply::Hold),
        Some(Effect::DelaySeconds(seconds)) => {
            if world.clock.real_seconds(seconds).is_none() {
                let goal = world.clock.plus_seconds(seconds);
                world.advance_to(goal);
            }
            Reply::SendAfter(seconds, perform(world, service, number, &call, refusal))
        }
        Some(silent @ (Effect::AcceptThenTimeout | Effect::AcceptThenHold)) => {
            let reply = if silent == Effect::AcceptThenHold { Reply::Hold } else { Reply::Drop };
            perform(world, service, number, &call, refusal);
            let done = world.log.get(number).is_some_and(|r| r.outcome == Outcome::Done);
            if done { note(world, number, Outcome::DoneUnanswered, reply) } else { reply }
        }
        None => Reply::Send(perform(world, service, number, &call, refusal)),
    }
}

fn perform(
    world: &mut World,
    service: &Service,
    number: usize,
    call: &Call<'_>,
    refusal: Option<AwsError>,
) -> WireResponse {
    let answer = match refusal {
        Some(error) => Err(error),
        None => (service.call)(world, call),
    };
    match answer {
        Ok(output) => {
            note(world, number, Outcome::Done, ());
            call.protocol.write_output(&call.operation, &call.request_id, output)
        }
        Err(error) => refuse(world, number, call, &error),
    }
}

fn refuse(world: &mut World, number: usize, call: &Call<'_>, error: &AwsError) -> WireResponse {
    note(world, number, Outcome::Refused(error.code.clone()), ());
    let host_id = call.request_id.replace('-', "");
    let mut response = call.protocol.write_error(&call.request_id, &host_id, error);
    if call.http.method == "HEAD" {
        response.body.clear();
    }
    response
}

fn record(world: &mut World, service: &Service, call: &Call<'_>) -> usize {
    let number = world.log.len();
    let mut parameters = log::naming_parameters(&call.input);
    if call.protocol == Protocol::RestXml || call.protocol == Protocol::RestJson {
        parameters.insert("Path".to_owned(), Value::String(call.http.path.clone()));
    }
    world.log.push(CallRecord {
        number: number as u64,
        at: world.now(),
        service: service.name.to_owned(),
        operation: call.operation.clone(),
        account: call.principal.account().cloned(),
        region: call.region.clone(),
        principal: call.principal.arn(),
        parameters,
        mutation: log::is_mutation(service.name, &call.operation),
        outcome: Outcome::Dropped,
    });
    number
}

fn note<T>(world: &mut World, number: usize, outcome: Outcome, result: T) -> T {
    if let Some(record) = world.log.get_mut(number) {
        record.outcome = outcome;
    }
    result
}

/// The service is the one the request was signed for; unsigned requests are told by their target, action or host.
fn find_service(request: &WireRequest, signed_for: Option<&str>) -> Option<(&'static Service, Protocol)> {
    let by_target = || {
        let target = request.header("x-amz-target")?.split('.').next()?;
        services::REGISTRY.iter().find(|s| !s.target.is_empty() && s.target == target)
    };
    let service = match signed_for {
        Some(name) => services::REGISTRY.iter().find(|s| s.signing_name == name && s.answers(request)),
        None => by_target().or_else(|| unsigned_service(request)),
    }?;
    Some((service, service.protocol_of(request)))
}

fn unsigned_service(request: &WireRequest) -> Option<&'static Service> {
    let form = request.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    let form_of_sts = form && request.path == "/";
    services::by_name(if form_of_sts || request.parameter("Action").is_some() { "sts" } else { "s3" })
}

fn operation_of(
    service: &Service,
    protocol: Protocol,
    http: &WireRequest,
    input: Option<&Value>,
) -> Result<String, AwsError> {
    let unknown = |name: &str| match protocol {
        Protocol::Query(_) => AwsError::new(400, "InvalidAction", format!("Could not find operation {name}")),
        Protocol::Json(_) | Protocol::Cbor => AwsError::new(400, "UnknownOperationException", ""),
        Protocol::RestJson => AwsError::new(404, "ResourceNotFoundException", ""),
        Protocol::RestXml => {
            AwsError::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        }
    };
    match protocol {
        Protocol::Query(_) => {
            let action = input.and_then(|i| i.get("Action")).and_then(Value::as_str);
            action.map(str::to_owned).ok_or_else(|| unknown(""))
        }
        Protocol::Json(_) => {
            let target = http.header("x-amz-target").and_then(|t| t.rsplit_once('.'));
            target.map(|(_, operation)| operation.to_owned()).ok_or_else(|| unknown(""))
        }
        Protocol::Cbor => http.segments().get(3).cloned().ok_or_else(|| unknown("")),
        Protocol::RestJson | Protocol::RestXml => {
            service.route.and_then(|route| route(http)).map(str::to_owned).ok_or_else(|| unknown(""))
        }
    }
}

impl Service {
    /// Whether a request signed for this service's name is meant for it: several services share a signing name.
    fn answers(&self, request: &WireRequest) -> bool {
        match request.header("x-amz-target") {
            Some(target) if !self.target.is_empty() => target.split('.').next() == Some(self.target),
            _ => true,
        }
    }

    fn protocol_of(&self, request: &WireRequest) -> Protocol {
        let cbor = request.header("smithy-protocol") == Some("rpc-v2-cbor");
        let version = match request.header("content-type") {
            Some(t) if t.starts_with("application/x-amz-json-1.0") => Some("1.0"),
            Some(t) if t.starts_with("application/x-amz-json-1.1") => Some("1.1"),
            _ => None,
        };
        let wanted = self.protocols.iter().find(|p| match p {
            Protocol::Cbor => cbor,
            Protocol::Json(v) => !cbor && version == Some(v),
            Protocol::Query(_) => !cbor && version.is_none(),
            Protocol::RestJson | Protocol::RestXml => true,
        });
        wanted.or(self.protocols.first()).copied().unwrap_or(Protocol::RestXml)
    }
}

fn unknown_service(request_id: &str) -> WireResponse {
    let error = AwsError::new(501, "NotImplemented", "the sandbox does not simulate this service");
    Protocol::Json("1.1").write_error(request_id, "", &error)
}
