//! What all pipelines of an account and region share: the artifact bucket, image repositories, and in one region of the
//! account the identity provider. Nothing in it depends on a pipeline's name, so that two repositories with pipelines
//! for the same account write the same stack.

use super::document::{KEY_ALIAS, Place, document, on_condition, statement};
use super::{Encryption, Settings};
use base::{AccountId, Region};
use serde_json::{Map, Value, json};

/// The engine's default bucket of an account and region.
pub(super) fn bucket_name(account: &AccountId, region: &Region) -> String {
    format!("landfall-{account}-{region}")
}

/// What an account stack holds.
pub(super) struct Account<'a> {
    pub(super) place: Place<'a>,
    pub(super) region: &'a Region,
    /// Address and audiences of the identity provider, when this stack makes it.
    pub(super) provider: Option<(String, Vec<String>)>,
    /// Whether the bucket is made here; one that was there before only gets its policy.
    pub(super) makes_bucket: bool,
    /// Whether it is the CI/CD account's bucket, which the organization reads.
    pub(super) central: bool,
}

impl Account<'_> {
    /// The resources of its template.
    pub(super) fn resources(&self) -> Map<String, Value> {
        let settings = self.place.settings;
        let mut all = Map::new();
        if settings.encryption == Encryption::Kms {
            all.insert("ArtifactKey".to_owned(), self.key());
            let alias = json!({"AliasName": KEY_ALIAS, "TargetKeyId": {"Ref": "ArtifactKey"}});
            all.insert("ArtifactKeyAlias".to_owned(), json!({"Type": "AWS::KMS::Alias", "Properties": alias}));
        }
        if self.makes_bucket {
            all.insert("ArtifactBucket".to_owned(), self.bucket());
        }
        all.insert("ArtifactBucketPolicy".to_owned(), self.bucket_policy());
        if let Some((address, audiences)) = &self.provider {
            all.insert("IdentityProvider".to_owned(), provider(address, audiences));
        }
        for (index, name) in settings.image_repositories.iter().enumerate() {
            all.insert(format!("Images{}", index + 1), self.repository(name));
        }
        all
    }

    /// What it makes, in words.
    pub(super) fn summary(&self) -> Vec<String> {
        let bucket = bucket_name(self.place.account, self.region);
        let mut words = vec![match (self.makes_bucket, self.central) {
            (true, true) => format!("artifact bucket `{bucket}`, which the organization's deployment roles read"),
            (true, false) => format!("artifact bucket `{bucket}`"),
            (false, _) => format!("policy of the artifact bucket `{bucket}`, which is there already"),
        }];
        words.extend(self.provider.iter().map(|(address, _)| format!("identity provider `{address}`")));
        if self.place.settings.encryption == Encryption::Kms {
            words.push("key of the artifacts".to_owned());
        }
        words.extend(self.place.settings.image_repositories.iter().map(|r| format!("image repository `{r}`")));
        words
    }

    fn bucket(&self) -> Value {
        let encryption = match self.place.settings.encryption {
            Encryption::S3 => json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}),
            Encryption::Kms => json!({
                "BucketKeyEnabled": true,
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["ArtifactKey", "Arn"]},
                },
            }),
        };
        json!({
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketName": bucket_name(self.place.account, self.region),
                "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
                    "RestrictPublicBuckets": true,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                // Objects are named by their content and live releases refer to them: only what was overwritten and
                // what was never finished goes away by itself.
                "LifecycleConfiguration": {"Rules": [{
                    "Id": "old-versions", "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }]},
            },
        })
    }

    fn bucket_policy(&self) -> Value {
        let name = bucket_name(self.place.account, self.region);
        let bucket = match self.makes_bucket {
            true => json!({"Ref": "ArtifactBucket"}),
            false => json!(name),
        };
        json!({
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": bucket, "PolicyDocument": self.bucket_document()},
        })
    }

    /// The bucket's policy. The account's own roles get in by their own policies.
    pub(super) fn bucket_document(&self) -> Value {
        let Place { partition, account, settings } = self.place;
        let arn = format!("arn:{partition}:s3:::{}", bucket_name(account, self.region));
        let whole = [arn.clone(), format!("{arn}/*")];
        let everyone = |mut statement: Value| {
            statement["Principal"] = json!({"AWS": "*"});
            statement
        };
        let deny =
            |sid: &str, condition: Value| everyone(on_condition(statement(sid, "Deny", &["s3:*"], &whole), condition));
        let mut all = vec![deny("OnlyEncrypted", json!({"Bool": {"aws:SecureTransport": "false"}}))];
        let organization = settings.organization_id.as_ref().filter(|_| self.central);
        let Some(id) = organization else {
            let others = json!({
                "StringNotEquals": {"aws:PrincipalAccount": account.as_str()},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            });
            all.push(deny("OnlyThisAccount", others));
            return document(all);
        };
        let outside = json!({
            "StringNotEquals": {"aws:PrincipalOrgID": id},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        });
        all.push(deny("OnlyThisOrganization", outside));
        all.extend(self.shared(&arn, id).into_iter().map(everyone));
        document(all)
    }

    /// What roles of the organization's other accounts may do in the central bucket: read artifacts, and keep the state
    /// of their own pipeline, which the tag of the role names.
    fn shared(&self, arn: &str, organization: &str) -> Vec<Value> {
        let Place { partition, settings, .. } = self.place;
        let roles =
            |kind: &str| format!("arn:{partition}:iam::*:role{}{}*-{kind}", settings.role_path, settings.role_prefix);
        let ours = |kinds: &[&str]| {
            let arns: Vec<String> = kinds.iter().map(|k| roles(k)).collect();
            json!({
                "StringEquals": {"aws:PrincipalOrgID": organization},
                "ArnLike": {"aws:PrincipalArn": arns},
            })
        };
        let state = format!("{arn}/state/${{aws:PrincipalTag/landfall:pipeline}}/*");
        let publish = json!({
            "ArnNotLike": {"aws:PrincipalArn": [roles("hub"), roles("deploy"), roles("agent")]},
        });
        vec![
            on_condition(
                statement(
                    "ReadArtifacts",
                    "Allow",
                    &["s3:GetObject", "s3:GetObjectVersion"],
                    &[format!("{arn}/artifacts/*")],
                ),
                ours(&["deploy", "exec"]),
            ),
            on_condition(
                statement("FindState", "Allow", &["s3:ListBucket"], &[arn.to_owned()]),
                ours(&["deploy", "plan"]),
            ),
            on_condition(
                statement(
                    "KeepState",
                    "Allow",
                    &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                    std::slice::from_ref(&state),
                ),
                ours(&["deploy"]),
            ),
            on_condition(statement("ReadState", "Allow", &["s3:GetObject"], &[state]), ours(&["plan"])),
            on_condition(
                statement("OnlyPipelinesPublish", "Deny", &["s3:PutObject"], &[format!("{arn}/artifacts/*")]),
                publish,
            ),
        ]
    }

    fn key(&self) -> Value {
        let Place { partition, account, settings } = self.place;
        let mut statements = vec![json!({
            "Sid": "ThisAccount", "Effect": "Allow", "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "kms:*", "Resource": "*",
        })];
        if let Some(id) = settings.organization_id.as_ref().filter(|_| self.central) {
            let service = format!("s3.{}.{}", self.region, partition.url_suffix());
            let organization = |sid: &str, actions: &[&str], kind: &str| {
                let roles = format!("arn:{partition}:iam::*:role{}{}*{kind}", settings.role_path, settings.role_prefix);
                json!({
                    "Sid": sid, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": actions, "Resource": "*",
                    "Condition": {
                        "StringEquals": {"aws:PrincipalOrgID": id, "kms:ViaService": service},
                        "ArnLike": {"aws:PrincipalArn": roles},
                    },
                })
            };
            statements.push(organization("OrganizationReads", &["kms:Decrypt", "kms:DescribeKey"], ""));
            statements.push(organization("DeploymentsKeepState", &["kms:GenerateDataKey"], "-deploy"));
        }
        json!({
            "Type": "AWS::KMS::Key",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Description": "Artifacts and state of Landfall.",
                "EnableKeyRotation": true,
                "KeyPolicy": document(statements),
            },
        })
    }

    fn repository(&self, name: &str) -> Value {
        let Place { partition, account, .. } = self.place;
        let functions = format!("arn:{partition}:lambda:{}:{account}:function:*", self.region);
        json!({
            "Type": "AWS::ECR::Repository",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "RepositoryName": name,
                "ImageTagMutability": "IMMUTABLE",
                "ImageScanningConfiguration": {"ScanOnPush": true},
                "RepositoryPolicyText": document(vec![json!({
                    "Sid": "FunctionsPull", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": account.as_str()},
                        "ArnLike": {"aws:SourceArn": functions},
                    },
                })]),
            },
        })
    }
}

fn provider(address: &str, audiences: &[String]) -> Value {
    json!({
        "Type": "AWS::IAM::OIDCProvider",
        // Roles of other repositories may trust it too.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Url": format!("https://{address}"),
            "ClientIdList": audiences,
        },
    })
}

/// Whether the account is the one that holds what all accounts share.
pub(super) fn is_central(settings: &Settings, account: &AccountId, region: &Region) -> bool {
    settings.cicd_account.as_ref() == Some(account) && settings.cicd_region.as_ref().is_none_or(|r| r == region)
}
