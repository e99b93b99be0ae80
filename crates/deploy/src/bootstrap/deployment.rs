//! The deployment role: the calls that the engine makes, on the stage's own stacks, with its execution role.

use super::document::{
    IAM_WRITES, KEY_ALIAS, Place, STACK_WRITES, document, on_condition, one_or_many, sorted, statement,
};
use super::{Access, Encryption, PipelineFacts, StageFacts, TargetFacts};
use base::Arn;
use serde_json::{Value, json};

/// What S3 asks of a key for whoever reads and writes objects (S3 User Guide, "Using SSE-KMS").
const KEEP_OBJECTS: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];
const PROTECTION: &str = "cloudformation:UpdateTerminationProtection";

/// The stage in one account.
pub(super) struct Deployment<'a> {
    pub(super) place: Place<'a>,
    pub(super) pipeline: &'a PipelineFacts,
    pub(super) stage: &'a StageFacts,
    /// The targets of the stage in this account.
    pub(super) targets: &'a [&'a TargetFacts],
}

impl Deployment<'_> {
    /// The role's permissions.
    pub(super) fn document(&self) -> Value {
        let mut statements = self.stacks();
        if !self.stage.no_uploads {
            statements.extend(self.artifacts());
        }
        statements.extend(self.alarms());
        statements.extend(self.pass_role());
        statements.extend(self.reads());
        if self.place.settings.access == Access::Direct {
            statements.extend(state(self.place, self.pipeline));
        }
        statements.extend(self.denies());
        document(statements)
    }

    /// ARN of the execution role.
    pub(super) fn execution_role(&self) -> Option<String> {
        let name = self.stage.execution_role.as_deref()?;
        let is_arn = name.starts_with("arn:");
        Some(if is_arn {
            name.to_owned()
        } else {
            Arn::role(self.place.partition, self.place.account, name).to_string()
        })
    }

    /// The stacks of all targets, each with what follows its name.
    pub(super) fn stack_arns(&self, after: &str) -> Vec<String> {
        sorted(
            self.targets.iter().flat_map(|t| {
                t.stacks.iter().map(|name| self.place.stack(t.region.as_str(), &format!("{name}{after}")))
            }),
        )
    }

    fn stacks(&self) -> Vec<Value> {
        let own = self.stack_arns("");
        let create = statement("MakeChangeSets", "Allow", &["cloudformation:CreateChangeSet"], &own);
        let delete = statement("DeleteUnfinishedStacks", "Allow", &["cloudformation:DeleteStack"], &own);
        let (create, delete) = match self.execution_role() {
            Some(role) => (
                on_condition(create, json!({"StringEquals": {"cloudformation:RoleArn": role}})),
                // A deletion without a role is done with the one that the stack keeps.
                on_condition(delete, json!({"StringEqualsIfExists": {"cloudformation:RoleArn": role}})),
            ),
            None => (create, delete),
        };
        let reads =
            ["cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"];
        let runs =
            ["cloudformation:CancelUpdateStack", "cloudformation:DeleteChangeSet", "cloudformation:ExecuteChangeSet"];
        // CloudFormation asks for the right to tag when an operation on a stack sets tags.
        let tags = ["cloudformation:TagResource", "cloudformation:UntagResource"];
        let mut all = vec![
            statement("ReadStacks", "Allow", &reads, &own),
            create,
            statement("RunChangeSets", "Allow", &runs, &own),
            delete,
            on_condition(
                statement("TagStacks", "Allow", &tags, &own),
                json!({"StringLike": {"cloudformation:CreateAction": ["CreateChangeSet", "ExecuteChangeSet"]}}),
            ),
        ];
        if !self.stage.no_transforms {
            all.push(statement("UseTransforms", "Allow", &["cloudformation:CreateChangeSet"], &self.transforms()));
        }
        if self.stage.sets_protection {
            all.push(statement("ProtectStacks", "Allow", &[PROTECTION], &own));
        }
        if self.targets.iter().any(|t| t.nested) {
            // The resource that failed first is looked for where it is.
            let reads = ["cloudformation:DescribeStackEvents"];
            all.push(statement("ReadNestedStacks", "Allow", &reads, &self.stack_arns("-*")));
        }
        all
    }

    /// The transforms of AWS itself, such as that of SAM.
    fn transforms(&self) -> Vec<String> {
        let partition = self.place.partition;
        sorted(self.targets.iter().map(|t| format!("arn:{partition}:cloudformation:{}:aws:transform/*", t.region)))
    }

    fn artifacts(&self) -> Vec<Value> {
        let Place { partition, account, settings } = self.place;
        let buckets = sorted(self.targets.iter().map(|t| bucket(self.stage, t)));
        let prefix = match self.stage.artifact_prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let objects: Vec<String> = buckets.iter().map(|b| format!("arn:{partition}:s3:::{b}/{prefix}*")).collect();
        let buckets: Vec<String> = buckets.iter().map(|b| format!("arn:{partition}:s3:::{b}")).collect();
        // A bucket of the same name that somebody else was quicker to make is not ours to write to.
        let ours = json!({"StringEquals": {"aws:ResourceAccount": account.as_str()}});
        let mut all = vec![
            on_condition(statement("FindArtifacts", "Allow", &["s3:ListBucket"], &buckets), ours.clone()),
            on_condition(statement("KeepArtifacts", "Allow", &["s3:GetObject", "s3:PutObject"], &objects), ours),
        ];
        if settings.encryption == Encryption::Kms {
            let regions = sorted(self.targets.iter().map(|t| t.region.to_string()));
            all.push(use_key(self.place, "UseArtifactKey", &regions, &KEEP_OBJECTS));
        }
        all
    }

    pub(super) fn alarms(&self) -> Option<Value> {
        // Composite alarms are only shown to those who may see all (DescribeAlarms, CloudWatch API Reference).
        let all = ["*".to_owned()];
        self.stage.alarms.then(|| statement("ReadAlarms", "Allow", &["cloudwatch:DescribeAlarms"], &all))
    }

    fn pass_role(&self) -> Option<Value> {
        let pass = statement("PassExecutionRole", "Allow", &["iam:PassRole"], &[self.execution_role()?]);
        Some(on_condition(pass, json!({"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}})))
    }

    /// What a look before a run needs: the bootstrap stacks, and where it is wanted the role's own permissions.
    pub(super) fn reads(&self) -> Vec<Value> {
        let stacks = [self.place.bootstrap_stacks()];
        let mut all = vec![statement("ReadBootstrap", "Allow", &["cloudformation:DescribeStacks"], &stacks)];
        if self.place.settings.preflight {
            let of_role = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"];
            let names = [self.stage.deployment_role.clone(), self.stage.execution_role.clone()];
            let roles = sorted(names.into_iter().flatten().map(|n| match n.starts_with("arn:") {
                true => n,
                false => self.place.iam("role", &n),
            }));
            all.push(statement("ReadOwnRoles", "Allow", &of_role, &roles));
            let policies = [self.place.iam("policy", &self.policy_pattern())];
            all.push(statement("ReadOwnPolicies", "Allow", &["iam:GetPolicy", "iam:GetPolicyVersion"], &policies));
        }
        all
    }

    fn policy_pattern(&self) -> String {
        let settings = self.place.settings;
        format!("{}{}*", settings.role_path.trim_start_matches('/'), settings.role_prefix)
    }

    fn denies(&self) -> Vec<Value> {
        let everything = ["*".to_owned()];
        let mut protection = vec!["cloudformation:SetStackPolicy"];
        if !self.stage.sets_protection {
            protection.push(PROTECTION);
        }
        let mut all = vec![
            statement("NeverIdentities", "Deny", &IAM_WRITES, &everything),
            statement("NeverBootstrap", "Deny", &STACK_WRITES, &[self.place.bootstrap_stacks()]),
            statement("NeverProtection", "Deny", &protection, &everything),
        ];
        if let Some(role) = self.execution_role() {
            all.push(json!({
                "Sid": "NeverOtherRoles", "Effect": "Deny", "Action": "iam:PassRole", "NotResource": role,
            }));
        }
        all
    }
}

/// The bucket of a target's artifacts.
pub(super) fn bucket(stage: &StageFacts, target: &TargetFacts) -> String {
    stage.artifact_bucket.clone().unwrap_or_else(|| super::account::bucket_name(&target.account, &target.region))
}

/// Use of the key of artifacts, which another stack makes: it is known by its alias.
pub(super) fn use_key(place: Place<'_>, sid: &str, regions: &[String], actions: &[&str]) -> Value {
    let Place { partition, account, .. } = place;
    let keys: Vec<String> = regions.iter().map(|r| format!("arn:{partition}:kms:{r}:{account}:key/*")).collect();
    let services: Vec<String> = regions.iter().map(|r| format!("s3.{r}.{}", partition.url_suffix())).collect();
    on_condition(
        statement(sid, "Allow", actions, &keys),
        json!({
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": KEY_ALIAS},
            "StringEquals": {"kms:ViaService": one_or_many(&services)},
        }),
    )
}

/// The pipeline's releases, journals and locks, when they live in a bucket.
pub(super) fn state(place: Place<'_>, pipeline: &PipelineFacts) -> Vec<Value> {
    let Some((bucket, prefix)) = &pipeline.state else { return Vec::new() };
    let partition = place.partition;
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let objects = [format!("arn:{partition}:s3:::{bucket}/{prefix}*")];
    let mut all = vec![
        // Without the right to list, S3 says of an object that is not there that it is forbidden.
        statement("FindState", "Allow", &["s3:ListBucket"], &[format!("arn:{partition}:s3:::{bucket}")]),
        statement("KeepState", "Allow", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], &objects),
    ];
    all.extend(state_key(place, bucket, &KEEP_OBJECTS));
    all
}

/// Use of the key of the CI/CD account's bucket, when the state lives in it. The key of another bucket is its owner's to
/// give.
pub(super) fn state_key(place: Place<'_>, bucket: &str, actions: &[&str]) -> Option<Value> {
    let account = place.settings.cicd_account.as_ref().filter(|_| place.settings.encryption == Encryption::Kms)?;
    let region = bucket.strip_prefix(&format!("landfall-{account}-"))?;
    Some(use_key(Place { account, ..place }, "UseStateKey", &[region.to_owned()], actions))
}
