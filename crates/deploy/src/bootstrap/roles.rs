//! The stack with the roles of a pipeline's stages in one account.

use super::deployment::Deployment;
use super::document::{Place, SESSION_TAGS, document};
use super::{
    Access, PipelineFacts, StageFacts, TargetFacts, boundary, execution, fit, hub, identity, names, plan_role,
};
use crate::permissions::{MANAGED_POLICIES, MANAGED_POLICY};
use base::{AccountId, Diagnostic};
use iam::Kind;
use iam::trust::{CiIdentity, HubTrust, ci_trust, hub_trust};
use serde_json::{Map, Value, json};

/// A pipeline in one account.
pub(super) struct Roles<'a> {
    pub(super) place: Place<'a>,
    pub(super) pipeline: &'a PipelineFacts,
    /// The account of the hub roles.
    pub(super) hub_account: Option<&'a AccountId>,
}

/// The part of a template that roles make.
#[derive(Default)]
pub(super) struct Made {
    pub(super) resources: Map<String, Value>,
    pub(super) outputs: Map<String, Value>,
    pub(super) summary: Vec<String>,
    pub(super) problems: Vec<Diagnostic>,
}

impl<'a> Roles<'a> {
    /// The stages that deploy to this account and whose roles are made, with their targets in it.
    fn stages(&self) -> Vec<(&'a StageFacts, Vec<&'a TargetFacts>)> {
        let here =
            |s: &'a StageFacts| s.targets.iter().filter(|t| t.account == *self.place.account).collect::<Vec<_>>();
        let stages = self.pipeline.stages.iter().map(|s| (s, here(s)));
        stages.filter(|(s, t)| !t.is_empty() && (s.deployment_role.is_some() || s.makes_execution_role)).collect()
    }

    pub(super) fn made(&self) -> Made {
        let mut made = Made::default();
        let stages = self.stages();
        let all: Vec<(&StageFacts, &TargetFacts)> =
            stages.iter().flat_map(|(s, targets)| targets.iter().map(|t| (*s, *t))).collect();
        if all.is_empty() {
            return made;
        }
        let boundary = boundary::boundary(self.place, self.pipeline, &all);
        self.add_boundary(&mut made, boundary);
        let mut known: Vec<String> = Vec::new();
        for (stage, targets) in &stages {
            let logical = logical_id(&stage.name, &mut known);
            if stage.makes_execution_role {
                self.add_execution(&mut made, stage, targets, &logical);
            }
            if stage.deployment_role.is_some() {
                let deployment = Deployment { place: self.place, pipeline: self.pipeline, stage, targets };
                self.add_deployment(&mut made, &deployment, &logical);
                self.add_plan(&mut made, &deployment, &logical);
            }
        }
        made
    }

    fn boundary_arn(&self) -> String {
        let Place { settings, partition, account } = self.place;
        names::boundary_arn(settings, &self.pipeline.name, partition, account)
    }

    fn add_boundary(&self, made: &mut Made, boundary: Value) {
        let name = names::boundary_name(self.place.settings, &self.pipeline.name);
        self.fits(made, &name, iam::policy::size(&boundary));
        made.summary.push(format!("boundary `{name}`: the most that roles made by `{}` may do", self.pipeline.name));
        made.outputs.insert("Boundary".to_owned(), json!({"Value": {"Ref": "Boundary"}}));
        let description = format!("The most that roles made by the pipeline {} may do.", self.pipeline.name);
        made.resources.insert("Boundary".to_owned(), self.managed_policy(&name, &description, boundary));
    }

    fn managed_policy(&self, name: &str, description: &str, document: Value) -> Value {
        json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": name, "Path": self.place.settings.role_path, "Description": description,
                "PolicyDocument": document,
            },
        })
    }

    fn fits(&self, made: &mut Made, name: &str, size: usize) {
        if size > MANAGED_POLICY {
            let message = format!("policy `{name}` has {size} characters, {} are allowed", MANAGED_POLICY);
            made.problems.push(too_large(message).at(self.place.settings.span));
        }
    }

    fn add_execution(&self, made: &mut Made, stage: &StageFacts, targets: &[&TargetFacts], logical: &str) {
        let Some(path) = &stage.execution_role else { return };
        let (place, boundary) = (self.place, self.boundary_arn());
        let name = last(path);
        let allows = execution::allows(place, self.pipeline, stage, targets, &boundary);
        let documents = match fit::split(&allows) {
            Ok(documents) => documents,
            Err(size) => {
                let message = format!(
                    "the permissions of `{name}` have {size} characters, which {} policies do not hold",
                    MANAGED_POLICIES
                );
                made.problems.push(too_large(message).at(place.settings.span));
                return;
            }
        };
        let mut attached = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let (id, policy) = (format!("{logical}ExecutionPolicy{}", index + 1), format!("{name}-{}", index + 1));
            let description = format!("What CloudFormation needs for {} in {}.", self.pipeline.name, stage.name);
            made.resources.insert(id.clone(), self.managed_policy(&policy, &description, document.clone()));
            attached.push(json!({ "Ref": id }));
        }
        let mut role = self.role(path, &format!("CloudFormation's role for {} in {}.", self.pipeline.name, stage.name));
        role["AssumeRolePolicyDocument"] = service_trust(place);
        role["Policies"] = json!([{"PolicyName": "walls", "PolicyDocument": document(execution::denies(place))}]);
        if !attached.is_empty() {
            role["ManagedPolicyArns"] = json!(attached);
        }
        role["Tags"] = self.tags(stage);
        let actions: usize = allows.iter().map(|s| s["Action"].as_array().map_or(1, Vec::len)).sum();
        made.summary.push(format!(
            "execution role `{name}`: {actions} actions in {} {}",
            documents.len(),
            if documents.len() == 1 { "policy" } else { "policies" }
        ));
        made.resources.insert(format!("{logical}ExecutionRole"), json!({"Type": "AWS::IAM::Role", "Properties": role}));
    }

    fn add_deployment(&self, made: &mut Made, of: &Deployment<'_>, logical: &str) {
        let Some(path) = &of.stage.deployment_role else { return };
        let stage = &of.stage.name;
        let (trust, by) = match self.trust(of.stage) {
            Ok(trust) => trust,
            // What is wrong with the stage's identity was said for all stages at once.
            Err(_) => return,
        };
        let stacks = super::document::sorted(of.targets.iter().flat_map(|t| t.stacks.iter().map(|s| format!("`{s}`"))));
        let role = Door {
            path,
            description: format!("Deploys {} to {stage}.", self.pipeline.name),
            trust,
            policy: ("deploy", of.document()),
            seconds: self.session_seconds(),
        };
        made.summary.push(format!("deployment role `{}`: stacks {}; entered by {by}", last(path), stacks.join(", ")));
        let id = format!("{logical}DeploymentRole");
        self.add_door(made, of.stage, role, &id);
        made.outputs.insert(id.clone(), json!({"Value": {"Fn::GetAtt": [id, "Arn"]}}));
    }

    fn add_plan(&self, made: &mut Made, of: &Deployment<'_>, logical: &str) {
        let Some((trust, by)) = self.plan_trust(of.stage) else { return };
        let path = names::plan_role(self.place.settings, &self.pipeline.name, &of.stage.name);
        let role = Door {
            path: &path,
            description: format!("Plans {} for {}, and changes nothing.", self.pipeline.name, of.stage.name),
            trust,
            policy: ("plan", plan_role::permissions(of)),
            seconds: 3600,
        };
        made.summary.push(format!("plan role `{}`, which only reads; entered by {by}", last(&path)));
        self.add_door(made, of.stage, role, &format!("{logical}PlanRole"));
    }

    /// A role that is entered from outside of the account.
    fn add_door(&self, made: &mut Made, stage: &StageFacts, door: Door<'_>, id: &str) {
        let name = last(door.path);
        let (policy_name, permissions) = &door.policy;
        for (what, document, kind) in
            [("policy", permissions, Kind::Identity), ("trust policy", &door.trust, Kind::Trust)]
        {
            let (size, limit) = (iam::policy::size(document), kind.size_limit());
            if size > limit {
                let message = format!("the {what} of `{name}` has {size} characters, {limit} are allowed");
                made.problems.push(too_large(message).at(self.place.settings.span));
            }
        }
        let mut role = self.role(door.path, &door.description);
        role["AssumeRolePolicyDocument"] = door.trust;
        role["Policies"] = json!([{"PolicyName": policy_name, "PolicyDocument": permissions}]);
        role["Tags"] = self.tags(stage);
        role["MaxSessionDuration"] = json!(door.seconds);
        made.resources.insert(id.to_owned(), json!({"Type": "AWS::IAM::Role", "Properties": role}));
    }

    /// Sessions by way of a hub are chained, and AWS ends those after an hour.
    fn session_seconds(&self) -> u32 {
        match self.place.settings.access {
            Access::Direct => self.place.settings.session_minutes * 60,
            Access::Hub => 3600,
        }
    }

    fn role(&self, path: &str, description: &str) -> Value {
        json!({ "RoleName": last(path), "Path": self.place.settings.role_path, "Description": description })
    }

    fn tags(&self, stage: &StageFacts) -> Value {
        json!([
            {"Key": "landfall:pipeline", "Value": self.pipeline.name},
            {"Key": "landfall:stage", "Value": stage.name},
        ])
    }

    /// Who may deploy, as a document and in words.
    fn trust(&self, stage: &StageFacts) -> Result<(Value, String), Diagnostic> {
        let Place { settings, .. } = self.place;
        if let Some(account) = self.hub() {
            return Ok(self.trust_in(stage, account, &hub::hub_name(self.place, &self.pipeline.name, &stage.name)));
        }
        let identity = identity::identity(settings, &self.pipeline.name, &stage.name)?;
        let Some(ci) = identity else {
            return Err(super::stack::without_hub(settings));
        };
        Ok(self.trust_of(&ci))
    }

    /// Who may plan, where pull requests may.
    fn plan_trust(&self, stage: &StageFacts) -> Option<(Value, String)> {
        let Place { settings, .. } = self.place;
        let ci = identity::pull_request(settings, &self.pipeline.name, &stage.name)?;
        Some(match self.hub() {
            Some(account) => self.trust_in(stage, account, &names::plan_hub_role(settings, &self.pipeline.name)),
            None => self.trust_of(&ci),
        })
    }

    /// The account of the hub roles, where they are the way in.
    fn hub(&self) -> Option<&'a AccountId> {
        self.hub_account.filter(|_| self.place.settings.access == Access::Hub)
    }

    /// Only for a role of the hub's account, in the name of the stage.
    fn trust_in(&self, stage: &StageFacts, hub_account: &AccountId, role: &str) -> (Value, String) {
        let partition = self.place.partition;
        let mut tags = vec![
            ("landfall:pipeline".to_owned(), self.pipeline.name.clone()),
            ("landfall:stage".to_owned(), stage.name.clone()),
        ];
        tags.extend(stage.session_tags.iter().map(|(k, v)| (k.clone(), v.clone())));
        let trust = HubTrust {
            partition: partition.as_str().to_owned(),
            hub_role_arn: names::role_arn(partition, hub_account, role),
            external_id: stage.external_id.clone(),
            tags,
            free_tags: vec![SESSION_TAGS[2].to_owned()],
            source_identity: true,
        };
        (hub_trust(&trust), format!("hub role `{}` of account {hub_account}", last(role)))
    }

    /// Only for tokens of the CI.
    fn trust_of(&self, ci: &CiIdentity) -> (Value, String) {
        let Place { partition, account, .. } = self.place;
        let words = format!("tokens with the subject `{}`", ci.subjects().0.join("` or `"));
        (ci_trust(partition.as_str(), account.as_str(), ci), words)
    }
}

/// A role that is entered from outside of the account.
struct Door<'a> {
    /// Its name with path.
    path: &'a str,
    description: String,
    trust: Value,
    /// Name and document of its only policy.
    policy: (&'a str, Value),
    /// How long a session lasts at most.
    seconds: u32,
}

/// CloudFormation assumes the role for this account only. It is not documented for stacks that the key is sent, so its
/// absence passes; a role can be passed to a stack of its own account alone.
fn service_trust(place: Place<'_>) -> Value {
    document(vec![json!({
        "Sid": "CloudFormation", "Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": place.account.as_str()}},
    })])
}

fn too_large(message: String) -> Diagnostic {
    Diagnostic::error("BOOT-010", message)
        .why("IAM has 6,144 characters for a managed policy, ten policies for a role, 10,240 characters for its inline policies and 2,048 for its trust policy")
        .hint("split the pipeline, or name resources so that one pattern covers several")
}

/// The name without its path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `prod-us-east-1` as `ProdUsEast1`, and another one when that is taken.
pub(super) fn logical_id(name: &str, known: &mut Vec<String>) -> String {
    let camel: String = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
        })
        .collect();
    let mut id = camel.clone();
    let mut count = 2;
    while known.contains(&id) {
        id = format!("{camel}X{count}");
        count += 1;
    }
    known.push(id.clone());
    id
}

/// The hub's role as a resource, with an instance profile where machines use it.
pub(super) fn hub_resources(place: Place<'_>, pipeline: &str, hub: &hub::Hub, logical: &str) -> Vec<(String, Value)> {
    let name = last(&hub.name);
    let id = format!("{logical}Role");
    let mut tags = vec![json!({"Key": "landfall:pipeline", "Value": pipeline})];
    if let ([stage], false) = (hub.stages.as_slice(), hub.plans) {
        tags.push(json!({"Key": "landfall:stage", "Value": stage}));
    }
    let role = json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name, "Path": place.settings.role_path,
            "Description": match hub.plans {
                true => format!("The way of pull requests into the plan roles of {pipeline}."),
                false => format!("The way in for {}.", hub.stages.join(", ")),
            },
            "AssumeRolePolicyDocument": hub.trust,
            "Policies": [{"PolicyName": "enter", "PolicyDocument": hub.policy}],
            "MaxSessionDuration": if hub.plans { 3600 } else { place.settings.session_minutes * 60 },
            "Tags": tags,
        },
    });
    let mut all = vec![(id.clone(), role)];
    if hub.instance {
        let profile = json!({"InstanceProfileName": name, "Path": place.settings.role_path, "Roles": [{"Ref": id}]});
        all.push((format!("{logical}Profile"), json!({"Type": "AWS::IAM::InstanceProfile", "Properties": profile})));
    }
    all
}
