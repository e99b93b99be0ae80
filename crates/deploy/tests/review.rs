//! What the check finds in templates and policy files, at which place, and what may excuse it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{Diagnostics, FileId, Severity, Sources};
use jiff::civil::date;
use landfall_deploy::review::{self, Found, suppress};
use template::Node;
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};

fn tree(text: &str) -> Node {
    let (node, problems) = parse(FileId(0), text, Dialect::Template);
    assert_eq!(problems, []);
    node
}

fn reviewed(text: &str) -> (Vec<Found>, Diagnostics) {
    let node = tree(text);
    let expanded = sam::transform(node.clone(), &Context::for_region("us-east-1")).unwrap();
    review::template(&expanded, &node, None)
}

fn lines(text: &str, found: &[Found]) -> Vec<String> {
    let mut sources = Sources::new();
    sources.add("t", text);
    let line = |f: &Found| {
        let place = sources.place(f.diagnostic.span.unwrap()).unwrap();
        let severity = format!("{:?}", f.diagnostic.severity).to_lowercase();
        format!("{}:{} {severity} {} {}", place.line, place.column, f.diagnostic.code, f.diagnostic.message)
    };
    found.iter().map(line).collect()
}

fn of(text: &str) -> Vec<String> {
    let (found, problems) = reviewed(text);
    assert_eq!(problems, [], "{text}");
    lines(text, &found)
}

/// The codes that are found.
fn codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = reviewed(text).0.iter().map(|f| f.diagnostic.code.to_string()).collect();
    codes.sort();
    codes.dedup();
    codes
}

const FUNCTION: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      InlineCode: x
      FunctionUrlConfig: { AuthType: NONE }
      Policies:
        - Statement:
            - Effect: Allow
              Action: [s3:GetObject, 'dynamodb:*']
              Resource: '*'
  Orders:
    Type: AWS::Serverless::SimpleTable
";

#[test]
fn findings_about_expanded_resources_stand_at_the_users_own_lines() {
    assert_eq!(
        of(FUNCTION),
        [
            "9:38 warning RES-005 `ReaderUrl`: the function's URL asks nobody who they are",
            "12:15 warning ROLE-009 `ReaderRole`: `s3:GetObject` reads the data of any resource",
            "13:38 warning ROLE-002 `ReaderRole`: `dynamodb:*` allows every action of `dynamodb`",
            "15:3 warning RES-008 `Orders`: `AWS::DynamoDB::Table` has no `DeletionPolicy` and `UpdateReplacePolicy`",
        ]
    );
}

#[test]
fn a_role_is_judged_with_all_that_is_attached_to_it() {
    let text = "\
Parameters:
  Org: { Type: String, Default: acme }
Resources:
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: { Federated: !Sub 'arn:aws:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com' }
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals: { 'token.actions.githubusercontent.com:aud': sts.amazonaws.com }
              StringLike:
                token.actions.githubusercontent.com:sub: !Sub 'repo:${Org}*'
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/AmazonS3FullAccess
        - !Ref Functions
  Functions:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'], Resource: '*' }
  Pass:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: pass
      Roles: [!Ref Deploy]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: 'iam:PassRole', Resource: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*' }
";
    assert_eq!(
        of(text),
        [
            "16:58 error TRUST-004 `Deploy`: `repo:acme*` also accepts organizations whose names only start with `acme`",
            "18:11 warning ROLE-002 `Deploy`: `AmazonS3FullAccess` is attached, which allows every action of its services",
            "26:13 error ROLE-004 `Deploy`: the role can gain permissions: lambda-001 by `iam:PassRole` and `lambda:CreateFunction` and `lambda:InvokeFunction`",
            "35:64 error ROLE-003 `Deploy`: any role can be passed",
        ]
    );
    let without_pass = text.split("  Pass:").next().unwrap();
    assert_eq!(codes(without_pass), ["ROLE-002", "TRUST-004"], "half of a way is none");
}

#[test]
fn boundaries_count_and_are_no_grants_themselves() {
    let text = |boundary: &str| {
        format!(
            "\
Resources:
  Edge:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {{ Effect: Allow, Action: '*', Resource: '*' }}
          - {{ Effect: Deny, Action: 'iam:*', Resource: '*' }}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{{ Effect: Allow, Principal: {{ Service: lambda.amazonaws.com }}, Action: sts:AssumeRole }}]
      PermissionsBoundary: {boundary}
      Policies:
        - PolicyName: keys
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{{ Effect: Allow, Action: 'iam:CreateAccessKey', Resource: '*' }}]
"
        )
    };
    assert_eq!(codes(&text("!Ref Edge")), [""; 0]);
    let outside = reviewed(&text("arn:aws:iam::111111111111:policy/edge").replace("  Edge:", "  Other:")).0;
    let about: Vec<_> =
        outside.iter().filter(|f| f.diagnostic.code.as_str() == "ROLE-004").map(|f| &f.diagnostic).collect();
    assert_eq!(about.len(), 1);
    assert_eq!(about[0].severity, Severity::Warning);
    assert!(about[0].message.ends_with("unless its boundary forbids it, which is not at hand"), "{}", about[0].message);
}

#[test]
fn what_is_not_known_is_no_finding() {
    let text = "\
Parameters:
  Repository: { Type: String }
  Actions: { Type: CommaDelimitedList }
  Empty: { Type: String, Default: '' }
Conditions:
  Any: !Equals [!Ref Empty, '']
Resources:
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '${Deploy.Arn}-x'
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: { Federated: !ImportValue provider }
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                token.actions.githubusercontent.com:aud: sts.amazonaws.com
                token.actions.githubusercontent.com:sub: !Sub 'repo:${Repository}:environment:${Empty}'
      PermissionsBoundary: !If [Any, !Ref 'AWS::NoValue', !Ref Empty]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - { Effect: Allow, Action: !Ref Actions, Resource: !Ref Repository }
              - { Effect: Allow, Action: 's3:GetObject', Resource: !Sub '${Repository}/*' }
              - !If [Any, { Effect: Allow, Action: 's3:ListBucket', Resource: !Ref Repository }, !Ref 'AWS::NoValue']
              - !If
                - Any
                - { Sid: Same, Effect: Allow, Action: 's3:ListBucket', Resource: !Ref Repository }
                - { Sid: Same, Effect: Allow, Action: 's3:PutObject', Resource: !Sub '${Repository}/*' }
              - Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }
";
    assert_eq!(of(text), [""; 0]);
    let choice = text.replace("!Sub '${Repository}/*'", "!If [Any, !Sub '${Repository}/*', '*']");
    assert_eq!(codes(&choice), ["ROLE-009"], "a choice stands for both of its values");
}

#[test]
fn resources_are_judged_with_the_policies_that_others_give_them() {
    let text = "\
Resources:
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  FilesPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Statement:
          - { Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Files.Arn}/*' }
          - Effect: Deny
            Principal: '*'
            Action: s3:*
            Resource: '*'
            Condition: { Bool: { 'aws:SecureTransport': false } }
  Inbox:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [https://sqs.us-east-1.amazonaws.com/1/q]
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: { AWS: '*' }, Action: 'sqs:SendMessage', Resource: '*' }] }
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: '*', Action: 'kms:*', Resource: '*' }] }
  Images:
    Type: AWS::ECR::Repository
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      RepositoryPolicyText: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: '*', Action: 'ecr:*' }] }
  Call:
    Type: AWS::Lambda::Permission
    Properties: { Action: 'lambda:InvokeFunction', FunctionName: f, Principal: s3.amazonaws.com }
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    UpdateReplacePolicy: Snapshot
    Properties: { MasterUserPassword: correct-horse-battery }
";
    assert_eq!(
        of(text),
        [
            "12:41 error RES-002 `Files`: everyone is granted access",
            "22:65 error RES-002 `Inbox`: everyone is granted access",
            "28:83 error RES-003 `Key`: everyone may use the key",
            "29:3 warning RES-004 `Images`: tags can be moved to other images",
            "34:94 error RES-002 `Images`: everyone is granted access",
            "34:107 warning ROLE-002 `Images`: `ecr:*` grants every action, also those that delete it or change its policy",
            "37:80 error RES-006 `Call`: `s3.amazonaws.com` may call the function for any account",
            "42:39 error RES-007 `Database`: `MasterUserPassword` has a literal value",
        ]
    );
}

#[test]
fn a_secret_in_a_default_is_told_once_and_where_it_stands() {
    let text = "\
Parameters:
  Password: { Type: String, Default: correct-horse }
  Hidden: { Type: String, NoEcho: true, Default: battery-staple }
Resources:
  A: { Type: AWS::DMS::Endpoint, Properties: { Password: !Ref Password } }
  B: { Type: AWS::DMS::Endpoint, Properties: { Password: !Sub '{{resolve:secretsmanager:${Password}}}' } }
  C: { Type: AWS::DMS::Endpoint, Properties: { Password: '{{resolve:ssm-secure:/dms/password}}' } }
";
    assert_eq!(of(text), ["2:38 error RES-007 `A`: `Password` has a literal value"]);
    let named = text.replace("Hidden:", "HiddenPassword:");
    assert!(of(&named)[1].starts_with("3:"), "{:?}", of(&named));
}

#[test]
fn policy_files_are_told_apart_by_what_they_say() {
    let ask = |text: &str| {
        let node = tree(text);
        assert!(review::is_policy(&node), "{text}");
        let (found, _) = review::document("deploy", &node, None);
        found.iter().map(|f| f.diagnostic.code.to_string()).collect::<Vec<_>>()
    };
    let version = r#""Version": "2012-10-17""#;
    let identity = format!(r#"{{{version}, "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*"}}}}"#);
    assert_eq!(ask(&identity), ["ROLE-001"]);
    assert_eq!(ask(&format!(r#"{{"PolicyVersion": {{"Document": {identity}}}}}"#)), ["ROLE-001"]);
    let trust =
        format!(r#"{{{version}, "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}]}}"#);
    assert_eq!(ask(&trust), ["TRUST-013"]);
    let key = format!(
        r#"{{{version}, "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}]}}"#
    );
    assert_eq!(ask(&key), ["RES-003"]);
    assert!(!review::is_policy(&tree("Resources: { A: { Type: AWS::S3::Bucket } }")));
}

#[test]
fn additional_policies_are_judged_together() {
    let text = "\
- Version: '2012-10-17'
  Statement: [{ Effect: Allow, Action: 'iam:PassRole', Resource: '*' }]
- { Effect: Allow, Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'], Resource: '*' }
";
    let (found, problems) = review::additional("extra", &tree(text));
    assert_eq!(problems, []);
    assert_eq!(
        lines(text, &found),
        [
            "2:66 error ROLE-003 `extra`: any role can be passed",
            "3:3 error ROLE-004 `extra`: the role can gain permissions: lambda-001 by `iam:PassRole` and `lambda:CreateFunction` and `lambda:InvokeFunction`",
        ]
    );
}

fn suppressed(entry: &str) -> (usize, Vec<String>) {
    let text = FUNCTION.replace(
        "    Properties:\n      Handler",
        &format!(
            "    Metadata:\n      Landfall:\n        Suppress:\n          - {entry}\n    Properties:\n      Handler"
        ),
    );
    let node = tree(&text);
    let (mut found, _) = reviewed(&text);
    let (list, mut problems) = suppress::in_template(&node);
    problems.extend(suppress::apply(&mut found, &list, date(2026, 11, 22), &Sources::new()));
    let excused = found.iter().filter(|f| !f.counts()).count();
    (excused, problems.iter().map(|d| format!("{} {}", d.code, d.message)).collect())
}

#[test]
fn a_suppression_needs_a_rule_a_reason_and_a_day() {
    assert_eq!(suppressed("{ rule: ROLE-009, reason: reads all, until: 2026-11-22 }"), (1, vec![]));
    let table = [
        ("{ rule: ROLE-009, reason: reads all }", "SUPP-001 the suppression has no `until`"),
        ("{ rule: ROLE-009, until: 2027-01-31 }", "SUPP-001 the suppression has no `reason`"),
        ("{ rule: ROLE-009, reason: reads all, until: soon }", "SUPP-001 `soon` is not a day"),
        ("{ rule: ROLE-009, reason: x, until: 2027-01-31, path: a }", "SUPP-001 unknown key `path` of a suppression"),
        (
            "{ rule: ROLE-999, reason: x, until: 2027-01-31 }",
            "SUPP-002 there is no rule `ROLE-999` that could be suppressed",
        ),
        (
            "{ rule: TMPL-020, reason: x, until: 2027-01-31 }",
            "SUPP-002 there is no rule `TMPL-020` that could be suppressed",
        ),
        (
            "{ rule: ROLE-009, reason: x, until: 2026-11-21 }",
            "SUPP-003 the suppression of `ROLE-009` ended on 2026-11-21",
        ),
        ("{ rule: ROLE-001, reason: x, until: 2027-01-31 }", "SUPP-004 the suppression of `ROLE-001` matches nothing"),
        ("{ rule: RES-008, reason: x, until: 2027-01-31 }", "SUPP-004 the suppression of `RES-008` matches nothing"),
        ("ROLE-009", "SUPP-001 a suppression is a mapping, and this is a string"),
    ];
    for (entry, problem) in table {
        assert_eq!(suppressed(entry), (0, vec![problem.to_owned()]), "{entry}");
    }
}

#[test]
fn a_file_of_suppressions_names_paths_and_resources() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let ask = |place: &str| {
        let mut sources = Sources::new();
        sources.add("policies/deploy.json", policy);
        let (mut found, _) = review::document("deploy", &tree(policy), None);
        let list = format!("suppress:\n  - {{ rule: ROLE-001, reason: break glass, until: 2027-01-31, {place} }}\n");
        let (list, problems) = suppress::in_file(&parse(FileId(1), &list, Dialect::Strict).0);
        assert_eq!(problems, []);
        let unused = suppress::apply(&mut found, &list, date(2026, 11, 22), &sources);
        (found.iter().filter(|f| !f.counts()).count(), unused.len())
    };
    assert_eq!(ask("path: policies/deploy.json"), (1, 0));
    assert_eq!(ask("path: 'policies/*', resource: deploy"), (1, 0));
    assert_eq!(ask("resource: other"), (0, 1));
    assert_eq!(ask("path: 'policy/*'"), (0, 1));
}

#[test]
fn roles_of_accounts_are_judged_by_the_same_rules() {
    use iam::check::SessionUse;
    use landfall_deploy::seen::{ControlLevelSeen, PolicySeen, RoleSeen, ServiceControlSeen, Unread};
    let policy = |name: &str, statement: &str| PolicySeen {
        name: name.to_owned(),
        document: format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#),
    };
    let deploy = policy("deploy", r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}"#);
    let trust = policy("", r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}"#).document;
    let mut seen = RoleSeen {
        arn: "arn:aws:iam::222222222222:role/landfall-deploy".to_owned(),
        name: "landfall-deploy".to_owned(),
        trust,
        max_session_seconds: 3_600,
        inline: vec![deploy],
        ..RoleSeen::default()
    };
    let ask = |seen: &RoleSeen, control: Option<&ServiceControlSeen>| {
        let around = review::account::Around { control, ..Default::default() };
        let found = review::account::role("222222222222", seen, &around);
        found.iter().map(|f| format!("{} {}", f.diagnostic.code, f.diagnostic.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        ask(&seen, None),
        [
            "TRUST-013 `222222222222/landfall-deploy`: everyone is trusted (trust policy)",
            "ROLE-004 `222222222222/landfall-deploy`: the role can gain permissions: iam-002 by `iam:CreateAccessKey` (policy `deploy`)",
            "ROLE-008 `222222222222/landfall-deploy`: `iam:CreateAccessKey` returns credentials of any resource (policy `deploy`)",
        ]
    );
    let session = SessionUse { tags: true, duration_seconds: 7_200, ..SessionUse::default() };
    let around = review::account::Around { session: Some(session), ..Default::default() };
    let of_session = review::account::role("222222222222", &seen, &around);
    let of_session: Vec<String> = of_session.iter().map(|f| f.diagnostic.code.to_string()).collect();
    assert_eq!(of_session[1..3], ["TRUST-016", "TRUST-017"], "tags that are not allowed, and twice the time");
    let denied = policy("p-1", r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#);
    let all = policy("p-2", r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let control = ServiceControlSeen {
        account: base::AccountId::new("222222222222").unwrap(),
        levels: vec![ControlLevelSeen { place: "r-1".to_owned(), policies: vec![all, denied] }],
    };
    assert_eq!(ask(&seen, Some(&control)).len(), 1, "a service control policy forbids it");
    seen.boundary =
        Some(PolicySeen { name: "arn:aws:iam::222222222222:policy/edge".to_owned(), document: String::new() });
    seen.unread = vec![Unread {
        action: "iam:GetPolicyVersion".to_owned(),
        what: "the boundary".to_owned(),
        message: "denied".to_owned(),
    }];
    let said = ask(&seen, None);
    assert!(said[1].contains("unless its boundary forbids it"), "{said:?}");
    assert_eq!(said[3], "LIVE-002 the boundary of `222222222222/landfall-deploy` could not be read");
}

#[test]
fn a_printed_account_is_judged_principal_by_principal() {
    let text = r#"{
  "RoleDetailList": [
    {"RoleName": "ci", "Path": "/", "Arn": "arn:aws:iam::111111111111:role/ci",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]},
     "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
       {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"},
       {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}}],
     "AttachedManagedPolicies": [{"PolicyName": "pass", "PolicyArn": "arn:aws:iam::111111111111:policy/pass"}]},
    {"RoleName": "kept", "Path": "/", "Arn": "arn:aws:iam::111111111111:role/kept",
     "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111111111111:policy/edge"},
     "AttachedManagedPolicies": [{"PolicyName": "pass", "PolicyArn": "arn:aws:iam::111111111111:policy/pass"}]},
    {"RoleName": "linked", "Path": "/aws-service-role/x.amazonaws.com/", "Arn": "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/linked",
     "AttachedManagedPolicies": [{"PolicyName": "a", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}],
  "GroupDetailList": [{"GroupName": "all", "Arn": "arn:aws:iam::111111111111:group/all",
     "AttachedManagedPolicies": [{"PolicyName": "a", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}],
  "UserDetailList": [{"UserName": "ann", "Arn": "arn:aws:iam::111111111111:user/ann", "GroupList": ["all"]}],
  "Policies": [
    {"Arn": "arn:aws:iam::111111111111:policy/pass", "PolicyVersionList": [
      {"IsDefaultVersion": false, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
      {"IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}}]},
    {"Arn": "arn:aws:iam::111111111111:policy/edge", "PolicyVersionList": [
      {"IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]},
    {"Arn": "arn:aws:iam::111111111111:policy/spare", "PolicyVersionList": [
      {"IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:*", "Resource": "*"}]}}]}]
}"#;
    let node = tree(text);
    assert!(review::is_authorization_details(&node) && !review::is_policy(&node));
    let (found, problems) = review::authorization_details(&node);
    assert_eq!(problems, []);
    insta::assert_snapshot!(lines(text, &found).join("\n"), @"
    4:107 error TRUST-013 `ci`: everyone is trusted
    20:144 error ROLE-003 `ci`: any role can be passed
    7:8 error ROLE-004 `ci`: the role can gain permissions: lambda-001 by `iam:PassRole` and `lambda:CreateFunction` and `lambda:InvokeFunction`
    16:22 error ROLE-001 `ann`: `AdministratorAccess` is attached
    14:23 error ROLE-001 `all`: `AdministratorAccess` is attached
    24:116 warning ROLE-002 `spare`: `sns:*` allows every action of `sns`
    ");
}
