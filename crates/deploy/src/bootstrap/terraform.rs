//! The stacks as Terraform configuration in its JSON syntax, for those who keep their roles in Terraform: one root
//! module for each account.

use super::BootstrapStack;
use super::roles::last;
use base::AccountId;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Files by path: `ACCOUNT/main.tf.json`. The same stacks give the same bytes.
pub fn terraform(stacks: &[BootstrapStack]) -> BTreeMap<String, String> {
    let mut accounts: BTreeMap<&AccountId, Vec<&BootstrapStack>> = BTreeMap::new();
    for stack in stacks {
        accounts.entry(&stack.account).or_default().push(stack);
    }
    let file = |(account, stacks): (&AccountId, Vec<&BootstrapStack>)| {
        let text = serde_json::to_string_pretty(&module(account, &stacks)).unwrap_or_default();
        (format!("{account}/main.tf.json"), format!("{text}\n"))
    };
    accounts.into_iter().map(file).collect()
}

fn module(account: &AccountId, stacks: &[&BootstrapStack]) -> Value {
    let mut regions: Vec<String> = Vec::new();
    let mut out = Configuration::default();
    for stack in stacks {
        let region = stack.region.to_string();
        let first = regions.first().is_none_or(|r| *r == region);
        if !regions.contains(&region) {
            regions.push(region.clone());
        }
        let provider = (!first).then(|| format!("aws.{}", region.replace('-', "_")));
        let resources = stack.template["Resources"].as_object();
        let place = super::stack_name(&stack.part).trim_start_matches("landfall-").replace(['-', '.'], "_");
        let place = format!("{place}_{}", region.replace('-', "_"));
        for (id, resource) in resources.into_iter().flatten() {
            let one = One { id, place: &place, provider: provider.as_deref(), resource };
            one.write(&mut out);
        }
    }
    let providers: Vec<Value> = regions
        .iter()
        .enumerate()
        .map(|(index, region)| {
            let mut provider = json!({"region": region, "allowed_account_ids": [account.as_str()]});
            if index > 0 {
                provider["alias"] = json!(region.replace('-', "_"));
            }
            provider
        })
        .collect();
    json!({
        "//": format!("Landfall's roles and buckets in account {account}. Written by `landfall bootstrap --format terraform`."),
        "terraform": {
            "required_version": ">= 1.5",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "provider": {"aws": providers},
        "resource": out.resources,
    })
}

#[derive(Default)]
struct Configuration {
    resources: BTreeMap<&'static str, Map<String, Value>>,
}

/// A resource of a template.
struct One<'a> {
    id: &'a str,
    /// The stack's place in names: names are one for the whole module.
    place: &'a str,
    provider: Option<&'a str>,
    resource: &'a Value,
}

impl One<'_> {
    fn name(&self, id: &str) -> String {
        format!("{}_{}", self.place, snake(id))
    }

    fn put(&self, out: &mut Configuration, kind: &'static str, suffix: &str, mut body: Value) {
        if let (Some(provider), Some(map)) = (self.provider, body.as_object_mut()) {
            map.insert("provider".to_owned(), json!(provider));
        }
        if let Some(map) = body.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
        out.resources.entry(kind).or_default().insert(format!("{}{suffix}", self.name(self.id)), body);
    }

    fn reference(&self, kind: &str, id: &str, attribute: &str) -> String {
        format!("${{{kind}.{}.{attribute}}}", self.name(id))
    }

    /// A policy as text. Terraform reads `${` and `%{` in any string, so that those of a policy are doubled.
    fn document(&self, policy: &Value) -> String {
        let text = policy.to_string().replace("${", "$${").replace("%{", "%%{");
        text.replace("{\"Ref\":\"Boundary\"}", &format!("\"{}\"", self.reference("aws_iam_policy", "Boundary", "arn")))
    }

    fn write(&self, out: &mut Configuration) {
        let p = &self.resource["Properties"];
        match self.resource["Type"].as_str().unwrap_or_default() {
            "AWS::IAM::Role" => self.role(out, p),
            "AWS::IAM::ManagedPolicy" => self.put(
                out,
                "aws_iam_policy",
                "",
                json!({
                    "name": p["ManagedPolicyName"], "path": p["Path"], "description": p["Description"],
                    "policy": self.document(&p["PolicyDocument"]),
                }),
            ),
            "AWS::IAM::InstanceProfile" => {
                let role = p["Roles"][0]["Ref"].as_str().unwrap_or_default();
                self.put(
                    out,
                    "aws_iam_instance_profile",
                    "",
                    json!({
                        "name": p["InstanceProfileName"], "path": p["Path"],
                        "role": self.reference("aws_iam_role", role, "name"),
                    }),
                );
            }
            "AWS::IAM::OIDCProvider" => self.put(
                out,
                "aws_iam_openid_connect_provider",
                "",
                json!({
                    "url": p["Url"], "client_id_list": p["ClientIdList"],
                }),
            ),
            kind if kind.starts_with("AWS::S3::") || kind.starts_with("AWS::KMS::") => self.storage(out, p),
            "AWS::ECR::Repository" => self.repository(out, p),
            _ => {}
        }
    }

    /// Buckets and keys.
    fn storage(&self, out: &mut Configuration, p: &Value) {
        match self.resource["Type"].as_str().unwrap_or_default() {
            "AWS::S3::Bucket" => self.bucket(out, p),
            "AWS::S3::BucketPolicy" => {
                let bucket = match p["Bucket"]["Ref"].as_str() {
                    Some(id) => json!(self.reference("aws_s3_bucket", id, "id")),
                    None => p["Bucket"].clone(),
                };
                self.put(
                    out,
                    "aws_s3_bucket_policy",
                    "",
                    json!({"bucket": bucket, "policy": self.document(&p["PolicyDocument"])}),
                );
            }
            "AWS::KMS::Key" => self.put(
                out,
                "aws_kms_key",
                "",
                json!({
                    "description": p["Description"], "enable_key_rotation": p["EnableKeyRotation"],
                    "policy": self.document(&p["KeyPolicy"]), "lifecycle": {"prevent_destroy": true},
                }),
            ),
            "AWS::KMS::Alias" => {
                let key = p["TargetKeyId"]["Ref"].as_str().unwrap_or_default();
                self.put(
                    out,
                    "aws_kms_alias",
                    "",
                    json!({
                        "name": p["AliasName"], "target_key_id": self.reference("aws_kms_key", key, "key_id"),
                    }),
                );
            }
            _ => {}
        }
    }

    fn role(&self, out: &mut Configuration, p: &Value) {
        let tags: Map<String, Value> = p["Tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|t| Some((t["Key"].as_str()?.to_owned(), t["Value"].clone())))
            .collect();
        self.put(
            out,
            "aws_iam_role",
            "",
            json!({
                "name": p["RoleName"], "path": p["Path"], "description": p["Description"],
                "assume_role_policy": self.document(&p["AssumeRolePolicyDocument"]),
                "max_session_duration": p["MaxSessionDuration"], "tags": tags,
            }),
        );
        let role = self.reference("aws_iam_role", self.id, "name");
        for policy in p["Policies"].as_array().into_iter().flatten() {
            let name = policy["PolicyName"].as_str().unwrap_or_default();
            self.put(
                out,
                "aws_iam_role_policy",
                &format!("_{}", snake(name)),
                json!({
                    "name": name, "role": role, "policy": self.document(&policy["PolicyDocument"]),
                }),
            );
        }
        for (index, policy) in p["ManagedPolicyArns"].as_array().into_iter().flatten().enumerate() {
            let id = policy["Ref"].as_str().unwrap_or_default();
            self.put(
                out,
                "aws_iam_role_policy_attachment",
                &format!("_{}", index + 1),
                json!({
                    "role": role, "policy_arn": self.reference("aws_iam_policy", id, "arn"),
                }),
            );
        }
    }

    fn bucket(&self, out: &mut Configuration, p: &Value) {
        let bucket = self.reference("aws_s3_bucket", self.id, "id");
        self.put(out, "aws_s3_bucket", "", json!({"bucket": p["BucketName"], "lifecycle": {"prevent_destroy": true}}));
        let closed = &p["PublicAccessBlockConfiguration"];
        self.put(out, "aws_s3_bucket_public_access_block", "", json!({
            "bucket": bucket,
            "block_public_acls": closed["BlockPublicAcls"], "block_public_policy": closed["BlockPublicPolicy"],
            "ignore_public_acls": closed["IgnorePublicAcls"], "restrict_public_buckets": closed["RestrictPublicBuckets"],
        }));
        self.put(
            out,
            "aws_s3_bucket_ownership_controls",
            "",
            json!({
                "bucket": bucket, "rule": {"object_ownership": p["OwnershipControls"]["Rules"][0]["ObjectOwnership"]},
            }),
        );
        self.put(
            out,
            "aws_s3_bucket_versioning",
            "",
            json!({
                "bucket": bucket, "versioning_configuration": {"status": p["VersioningConfiguration"]["Status"]},
            }),
        );
        let rule = &p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        let standard = &rule["ServerSideEncryptionByDefault"];
        let mut apply = json!({"sse_algorithm": standard["SSEAlgorithm"]});
        if let Some(key) = standard["KMSMasterKeyID"]["Fn::GetAtt"][0].as_str() {
            apply["kms_master_key_id"] = json!(self.reference("aws_kms_key", key, "arn"));
        }
        let mut encryption = json!({"apply_server_side_encryption_by_default": apply});
        if rule["BucketKeyEnabled"] == true {
            encryption["bucket_key_enabled"] = json!(true);
        }
        self.put(
            out,
            "aws_s3_bucket_server_side_encryption_configuration",
            "",
            json!({"bucket": bucket, "rule": encryption}),
        );
        let old = &p["LifecycleConfiguration"]["Rules"][0];
        self.put(out, "aws_s3_bucket_lifecycle_configuration", "", json!({
            "bucket": bucket,
            "rule": {
                "id": old["Id"], "status": old["Status"], "filter": {},
                "noncurrent_version_expiration": {"noncurrent_days": old["NoncurrentVersionExpiration"]["NoncurrentDays"]},
                "abort_incomplete_multipart_upload": {
                    "days_after_initiation": old["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"],
                },
            },
        }));
    }

    fn repository(&self, out: &mut Configuration, p: &Value) {
        self.put(
            out,
            "aws_ecr_repository",
            "",
            json!({
                "name": p["RepositoryName"], "image_tag_mutability": p["ImageTagMutability"],
                "image_scanning_configuration": {"scan_on_push": p["ImageScanningConfiguration"]["ScanOnPush"]},
                "lifecycle": {"prevent_destroy": true},
            }),
        );
        self.put(
            out,
            "aws_ecr_repository_policy",
            "",
            json!({
                "repository": self.reference("aws_ecr_repository", self.id, "name"),
                "policy": self.document(&p["RepositoryPolicyText"]),
            }),
        );
    }
}

/// `StagingDeploymentRole` as `staging_deployment_role`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in last(name).chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out
}
