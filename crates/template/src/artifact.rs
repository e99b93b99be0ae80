//! The local files and folders a template names, and writing in their place where they went in S3.
//!
//! The properties are those `aws cloudformation package` and the SAM CLI take, with `Globals` and the branches of `Fn::If`
//! besides. Nothing is read from disk: whether a path is a file or a folder is for the caller to find out. Container images
//! are not artifacts here.

use crate::intrinsic::function;
use crate::{Map, Node, Value};
use base::{Region, Span};

/// One step of a path in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// A position in a list, from zero.
    Index(usize),
}

/// What has to be done with what the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A zip archive: a folder is zipped, so is a single file that is no archive.
    Zip,
    /// A folder is zipped, a file is taken as it is.
    FileOrZip,
    /// A file, taken as it is.
    File,
    /// A template, whose own artifacts come first.
    Template,
}

/// How the place in S3 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `s3://bucket/key`, with `?versionId=…` when there is one.
    S3Uri,
    /// `https://s3.region.amazonaws.com/bucket/key`, the form CloudFormation takes for templates.
    HttpsUrl,
    /// A mapping with these keys.
    Object {
        /// Key of the bucket's name.
        bucket: &'static str,
        /// Key of the object's key.
        key: &'static str,
        /// Key of the object's version, if there is one.
        version: Option<&'static str>,
    },
}

/// One local path in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRef {
    /// Where it stands in the document.
    pub path: Vec<Step>,
    /// Where it stands in the source; of an implied one, its resource.
    pub span: Span,
    /// The resource's logical id, or the section such as `Globals` for what belongs to none.
    pub owner: String,
    /// The resource's type, `Globals`, `AWS::Include`, or the type in `Metadata`.
    pub owner_type: String,
    /// The property, such as `CodeUri` or `Command.ScriptLocation`.
    pub property: String,
    /// The path as written, relative to the template's folder; `.` when implied.
    pub local: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// How its place is written.
    pub shape: Shape,
    /// Whether the property is missing, which means the template's own folder.
    pub implied: bool,
}

/// A place in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket.
    pub bucket: String,
    /// The key, without a slash at its start.
    pub key: String,
    /// The object's version, in a bucket with versions.
    pub version: Option<String>,
    /// The bucket's region.
    pub region: Region,
}

/// The template has nothing at the artifact's path: it is another document, or was changed in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceError {
    /// The artifact's owner and property.
    pub artifact: String,
}

impl std::fmt::Display for PlaceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the template has no place for the artifact `{}`", self.artifact)
    }
}

impl std::error::Error for PlaceError {}

/// A property that can name something local.
struct Rule {
    resource: &'static str,
    /// Keys from the properties; `*` is any.
    property: &'static [&'static str],
    kind: ArtifactKind,
    shape: Shape,
    /// Whether a missing property means the template's folder.
    implied: bool,
}

const LAMBDA_OBJECT: Shape = Shape::Object { bucket: "S3Bucket", key: "S3Key", version: Some("S3ObjectVersion") };
const BODY_OBJECT: Shape = Shape::Object { bucket: "Bucket", key: "Key", version: Some("Version") };
const BEANSTALK_OBJECT: Shape = Shape::Object { bucket: "S3Bucket", key: "S3Key", version: None };
const CODECOMMIT_OBJECT: Shape = Shape::Object { bucket: "Bucket", key: "Key", version: Some("ObjectVersion") };

const fn rule(resource: &'static str, property: &'static [&'static str], kind: ArtifactKind, shape: Shape) -> Rule {
    Rule { resource, property, kind, shape, implied: false }
}

const fn implied(resource: &'static str, property: &'static [&'static str], shape: Shape) -> Rule {
    Rule { resource, property, kind: ArtifactKind::Zip, shape, implied: true }
}

const RULES: &[Rule] = &[
    implied("AWS::Serverless::Function", &["CodeUri"], Shape::S3Uri),
    implied("AWS::Serverless::LayerVersion", &["ContentUri"], Shape::S3Uri),
    implied("AWS::Lambda::Function", &["Code"], LAMBDA_OBJECT),
    implied("AWS::Lambda::LayerVersion", &["Content"], LAMBDA_OBJECT),
    rule("AWS::Serverless::Api", &["DefinitionUri"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::Serverless::HttpApi", &["DefinitionUri"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::Serverless::StateMachine", &["DefinitionUri"], ArtifactKind::File, BODY_OBJECT),
    rule("AWS::Serverless::Application", &["Location"], ArtifactKind::Template, Shape::HttpsUrl),
    rule("AWS::Serverless::GraphQLApi", &["SchemaUri"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::Serverless::GraphQLApi", &["Functions", "*", "CodeUri"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::Serverless::GraphQLApi", &["Resolvers", "*", "*", "CodeUri"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::AppSync::GraphQLSchema", &["DefinitionS3Location"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::AppSync::Resolver", &["RequestMappingTemplateS3Location"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::AppSync::Resolver", &["ResponseMappingTemplateS3Location"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::AppSync::Resolver", &["CodeS3Location"], ArtifactKind::File, Shape::S3Uri),
    rule(
        "AWS::AppSync::FunctionConfiguration",
        &["RequestMappingTemplateS3Location"],
        ArtifactKind::File,
        Shape::S3Uri,
    ),
    rule(
        "AWS::AppSync::FunctionConfiguration",
        &["ResponseMappingTemplateS3Location"],
        ArtifactKind::File,
        Shape::S3Uri,
    ),
    rule("AWS::AppSync::FunctionConfiguration", &["CodeS3Location"], ArtifactKind::File, Shape::S3Uri),
    rule("AWS::ApiGateway::RestApi", &["BodyS3Location"], ArtifactKind::File, BODY_OBJECT),
    rule("AWS::ApiGatewayV2::Api", &["BodyS3Location"], ArtifactKind::File, BODY_OBJECT),
    rule("AWS::StepFunctions::StateMachine", &["DefinitionS3Location"], ArtifactKind::File, BODY_OBJECT),
    rule("AWS::ElasticBeanstalk::ApplicationVersion", &["SourceBundle"], ArtifactKind::FileOrZip, BEANSTALK_OBJECT),
    rule("AWS::Glue::Job", &["Command", "ScriptLocation"], ArtifactKind::FileOrZip, Shape::S3Uri),
    rule("AWS::CodeCommit::Repository", &["Code", "S3"], ArtifactKind::Zip, CODECOMMIT_OBJECT),
    rule("AWS::CloudFormation::Stack", &["TemplateURL"], ArtifactKind::Template, Shape::HttpsUrl),
    rule("AWS::CloudFormation::StackSet", &["TemplateURL"], ArtifactKind::Template, Shape::HttpsUrl),
    rule("AWS::CloudFormation::ModuleVersion", &["ModulePackage"], ArtifactKind::FileOrZip, Shape::S3Uri),
    rule("AWS::CloudFormation::ResourceVersion", &["SchemaHandlerPackage"], ArtifactKind::FileOrZip, Shape::S3Uri),
    rule("AWS::CloudFormation::HookVersion", &["SchemaHandlerPackage"], ArtifactKind::FileOrZip, Shape::S3Uri),
];

/// `Globals` sections and what they may set for all resources of a type.
const GLOBAL_RULES: &[(&str, &str, ArtifactKind)] =
    &[("Function", "CodeUri", ArtifactKind::Zip), ("Api", "DefinitionUri", ArtifactKind::File)];

/// The files that describe an application of the Serverless Application Repository, in `Metadata`.
const METADATA_RULES: &[(&str, &str)] =
    &[("AWS::ServerlessRepo::Application", "ReadmeUrl"), ("AWS::ServerlessRepo::Application", "LicenseUrl")];

/// Every local path in a template, in document order within each section. What lies in S3 or behind `http` is left out.
pub fn artifacts(template: &Node) -> Vec<ArtifactRef> {
    let mut found = Vec::new();
    metadata(template, &mut found);
    globals(template, &mut found);
    if let Some(resources) = template.get("Resources").and_then(Node::as_map) {
        resource_section(template, resources, &[Step::Key("Resources".to_owned())], &mut found);
    }
    let mut path = Vec::new();
    includes(template, &mut path, &mut found);
    found
}

/// Writes where an artifact went in place of its local path.
///
/// # Errors
/// When the document has nothing at the artifact's path.
pub fn place(template: &mut Node, artifact: &ArtifactRef, location: &S3Location) -> Result<(), PlaceError> {
    let missing = || PlaceError { artifact: format!("{}.{}", artifact.owner, artifact.property) };
    let (last, above) = artifact.path.split_last().ok_or_else(missing)?;
    let parent = above.iter().try_fold(template, descend).ok_or_else(missing)?;
    let node = written(artifact.shape, location, artifact.span);
    match (last, &mut parent.value) {
        (Step::Key(key), Value::Map(map)) if artifact.implied || map.contains_key(key) => {
            let key_span = map.key_span(key).unwrap_or(artifact.span);
            map.insert_at(key.as_str(), key_span, node);
        }
        (Step::Key(key), Value::Null) if artifact.implied => {
            let mut map = Map::new();
            map.insert(key.as_str(), node);
            parent.value = Value::Map(map);
        }
        (Step::Index(index), Value::List(items)) => *items.get_mut(*index).ok_or_else(missing)? = node,
        _ => return Err(missing()),
    }
    Ok(())
}

/// Writes one place in a bucket for everything local that the template names: what is there once it is packaged matters to
/// nobody who only looks at what the transform makes. What has no place is left as it is; the transform says what is wrong
/// with it.
pub fn place_all(template: &mut Node, bucket: &str, region: &Region) {
    let location =
        S3Location { bucket: bucket.to_owned(), key: "artifact".to_owned(), version: None, region: region.clone() };
    for artifact in artifacts(template) {
        let _ = place(template, &artifact, &location);
    }
}

impl ArtifactRef {
    /// Whether it is the template of a stack within the template's own stack.
    pub fn is_nested_stack(&self) -> bool {
        self.kind == ArtifactKind::Template
            && ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"].contains(&self.owner_type.as_str())
    }
}

fn descend<'n>(node: &'n mut Node, step: &Step) -> Option<&'n mut Node> {
    match step {
        Step::Key(key) => node.as_map_mut()?.get_mut(key),
        Step::Index(index) => node.as_list_mut()?.get_mut(*index),
    }
}

impl S3Location {
    /// `s3://bucket/key`, with the version if there is one.
    pub fn s3_uri(&self) -> String {
        format!("s3://{}/{}{}", self.bucket, self.key, self.version_query())
    }

    /// The path-style address, as CloudFormation takes it for templates.
    pub fn https_url(&self) -> String {
        let suffix = self.region.partition().url_suffix();
        format!("https://s3.{}.{suffix}/{}/{}{}", self.region, self.bucket, self.key, self.version_query())
    }

    fn version_query(&self) -> String {
        self.version.as_ref().map(|version| format!("?versionId={version}")).unwrap_or_default()
    }
}

fn written(shape: Shape, location: &S3Location, span: Span) -> Node {
    match shape {
        Shape::S3Uri => Node::new(location.s3_uri(), span),
        Shape::HttpsUrl => Node::new(location.https_url(), span),
        Shape::Object { bucket, key, version } => {
            let mut map = Map::new();
            map.insert(bucket, Node::new(location.bucket.as_str(), span));
            map.insert(key, Node::new(location.key.as_str(), span));
            if let (Some(name), Some(version)) = (version, &location.version) {
                map.insert(name, Node::new(version.as_str(), span));
            }
            Node::new(map, span)
        }
    }
}

/// Whether a text is a path and not an address or a dynamic reference.
fn is_local(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    !text.trim().is_empty()
        && !["s3://", "http://", "https://", "{{resolve:", "arn:"].iter().any(|prefix| lower.starts_with(prefix))
}

/// The resources of a section or of a loop in it.
fn resource_section(template: &Node, resources: &Map, above: &[Step], found: &mut Vec<ArtifactRef>) {
    for (id, node) in resources.iter() {
        let path = with(above, Step::Key(id.to_owned()));
        if id.starts_with("Fn::ForEach::") {
            let body = node.as_list().and_then(|list| list.get(2)).and_then(Node::as_map);
            if let Some(inner) = body {
                resource_section(template, inner, &with(&path, Step::Index(2)), found);
            }
            continue;
        }
        let Some(kind) = node.get("Type").and_then(Node::as_str) else { continue };
        for rule in RULES.iter().filter(|rule| rule.resource == kind) {
            let mut search = Search { owner: id, owner_type: kind, rule, found };
            search.resource(template, node, &path);
        }
    }
}

fn with(path: &[Step], step: Step) -> Vec<Step> {
    path.iter().cloned().chain([step]).collect()
}

/// Looking for the property of one rule in one resource.
struct Search<'s> {
    owner: &'s str,
    owner_type: &'s str,
    rule: &'s Rule,
    found: &'s mut Vec<ArtifactRef>,
}

impl Search<'_> {
    fn resource(&mut self, template: &Node, node: &Node, path: &[Step]) {
        let path = with(path, Step::Key("Properties".to_owned()));
        let Some(properties) = node.get("Properties").filter(|n| n.is_null() || n.as_map().is_some()) else { return };
        let Some(first) = self.rule.property.first() else { return };
        let missing = properties.get(first).is_none_or(Node::is_null);
        if missing {
            if self.rule.implied && !has_code_elsewhere(template, self.owner_type, properties) {
                self.push(with(&path, Step::Key((*first).to_owned())), properties.span, ".".to_owned(), true);
            }
            return;
        }
        self.below(properties, self.rule.property, &path);
    }

    /// Follows the rest of the property's keys.
    fn below(&mut self, node: &Node, keys: &[&str], path: &[Step]) {
        let Some((key, rest)) = keys.split_first() else { return self.value(node, path) };
        let members = node.as_map().into_iter().flat_map(Map::iter);
        for (name, member) in members.filter(|(name, _)| *key == "*" || name == key) {
            self.below(member, rest, &with(path, Step::Key(name.to_owned())));
        }
    }

    /// A property's value: a path, or a choice of paths.
    fn value(&mut self, node: &Node, path: &[Step]) {
        if let Some(local) = node.as_str().filter(|text| is_local(text)) {
            self.push(path.to_vec(), node.span, local.to_owned(), false);
        }
        let Some(("Fn::If", argument)) = function(node) else { return };
        let path = with(path, Step::Key("Fn::If".to_owned()));
        for (index, branch) in argument.as_list().unwrap_or_default().iter().enumerate().skip(1) {
            self.value(branch, &with(&path, Step::Index(index)));
        }
    }

    fn push(&mut self, path: Vec<Step>, span: Span, local: String, implied: bool) {
        let keys = path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let property: Vec<&str> =
            keys.skip_while(|key| *key != "Properties").skip(1).filter(|key| *key != "Fn::If").collect();
        let property = property.join(".");
        self.found.push(ArtifactRef {
            path,
            span,
            owner: self.owner.to_owned(),
            owner_type: self.owner_type.to_owned(),
            property,
            local,
            kind: self.rule.kind,
            shape: self.rule.shape,
            implied,
        });
    }
}

/// Whether a function or a layer has its code from somewhere other than the property that is missing.
fn has_code_elsewhere(template: &Node, kind: &str, properties: &Node) -> bool {
    let is_image =
        |node: Option<&Node>| node.and_then(|n| n.get("PackageType")).and_then(Node::as_str) == Some("Image");
    let global = template.at(&["Globals", "Function"]).filter(|_| kind == "AWS::Serverless::Function");
    properties.get("InlineCode").is_some()
        || properties.get("ImageUri").is_some()
        || is_image(Some(properties))
        || is_image(global)
        || global.and_then(|g| g.get("CodeUri")).is_some()
}

fn globals(template: &Node, found: &mut Vec<ArtifactRef>) {
    for (section, property, kind) in GLOBAL_RULES {
        let Some(node) = template.at(&["Globals", section, property]) else { continue };
        let Some(local) = node.as_str().filter(|text| is_local(text)) else { continue };
        found.push(ArtifactRef {
            path: ["Globals", section, property].map(|key| Step::Key(key.to_owned())).to_vec(),
            span: node.span,
            owner: format!("Globals.{section}"),
            owner_type: "Globals".to_owned(),
            property: (*property).to_owned(),
            local: local.to_owned(),
            kind: *kind,
            shape: Shape::S3Uri,
            implied: false,
        });
    }
}

fn metadata(template: &Node, found: &mut Vec<ArtifactRef>) {
    for (kind, property) in METADATA_RULES {
        let Some(node) = template.at(&["Metadata", kind, property]) else { continue };
        let Some(local) = node.as_str().filter(|text| is_local(text)) else { continue };
        found.push(ArtifactRef {
            path: ["Metadata", kind, property].map(|key| Step::Key(key.to_owned())).to_vec(),
            span: node.span,
            owner: "Metadata".to_owned(),
            owner_type: (*kind).to_owned(),
            property: (*property).to_owned(),
            local: local.to_owned(),
            kind: ArtifactKind::File,
            shape: Shape::S3Uri,
            implied: false,
        });
    }
}

/// `AWS::Include` anywhere: in `Fn::Transform`, and in `Transform` at the top.
fn includes(node: &Node, path: &mut Vec<Step>, found: &mut Vec<ArtifactRef>) {
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                includes(item, path, found);
                path.pop();
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                path.push(Step::Key(key.to_owned()));
                if key == "Fn::Transform" || (key == "Transform" && path.len() == 1) {
                    transform(item, path, found);
                }
                includes(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// One call of a macro, or a list of them.
fn transform(node: &Node, path: &mut Vec<Step>, found: &mut Vec<ArtifactRef>) {
    if let Some(items) = node.as_list() {
        for (index, item) in items.iter().enumerate() {
            path.push(Step::Index(index));
            transform(item, path, found);
            path.pop();
        }
        return;
    }
    if node.get("Name").and_then(Node::as_str) != Some("AWS::Include") {
        return;
    }
    let Some(location) = node.at(&["Parameters", "Location"]) else { return };
    let Some(local) = location.as_str().filter(|text| is_local(text)) else { return };
    let full = path.iter().cloned().chain(["Parameters", "Location"].map(|key| Step::Key(key.to_owned())));
    found.push(ArtifactRef {
        path: full.collect(),
        span: location.span,
        owner: "AWS::Include".to_owned(),
        owner_type: "AWS::Include".to_owned(),
        property: "Location".to_owned(),
        local: local.to_owned(),
        kind: ArtifactKind::File,
        shape: Shape::S3Uri,
        implied: false,
    });
}
