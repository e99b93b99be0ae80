//! Templates as CloudFormation will see them in a region: with places for what is local, behind the SAM transform, and with
//! the local templates of their nested stacks.

use super::TemplateUse;
use crate::review::values;
use base::Region;
use std::collections::BTreeMap;
use template::artifact::place_all;
use template::model::Template;
use template::sam::{self, TransformError, context::Context};
use template::{Node, snippet};

/// A template as it was read, with the local templates of its nested stacks by their logical ids.
#[derive(Debug, Clone)]
pub struct SourceTemplate<'a> {
    /// The template.
    pub template: &'a Node,
    /// Templates within it.
    pub nested: Vec<(&'a str, SourceTemplate<'a>)>,
}

/// A template as it will be in a region, with the local templates of its nested stacks by their logical ids.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// The template; its spans point at the user's own lines.
    pub template: Node,
    /// The transforms that it was written with.
    pub transforms: Vec<String>,
    /// Templates within it.
    pub nested: Vec<(String, Expanded)>,
}

impl SourceTemplate<'_> {
    /// The template as it will be in a region. `bucket` stands for where its local code will lie.
    ///
    /// # Errors
    /// What the SAM transform refuses, of this template or the first that is nested in it.
    pub fn expanded(&self, bucket: &str, region: &Region) -> Result<Expanded, TransformError> {
        let inner = |(id, inner): &(&str, SourceTemplate<'_>)| Ok(((*id).to_owned(), inner.expanded(bucket, region)?));
        Ok(Expanded {
            template: expanded(self.template, bucket, region)?,
            transforms: transforms(self.template),
            nested: self.nested.iter().map(inner).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> From<&'a Node> for SourceTemplate<'a> {
    /// A template in which nothing is nested.
    fn from(template: &'a Node) -> Self {
        Self { template, nested: Vec::new() }
    }
}

impl Expanded {
    /// The template as permissions are derived from it. `open` are the parameters that get a value only in a run.
    pub fn used<'a>(&'a self, parameters: Option<&'a BTreeMap<String, String>>, open: &'a [String]) -> TemplateUse<'a> {
        let nested = self.nested.iter().map(|(id, inner)| (id.as_str(), inner.used(None, &[]))).collect();
        TemplateUse { parameters, open, nested, transforms: &self.transforms, ..TemplateUse::new(&self.template) }
    }

    /// This template and all that are nested in it, each with the logical ids of the stacks around it, `Inner/`.
    pub fn all(&self) -> Vec<(String, &Node)> {
        let mut all = vec![(String::new(), &self.template)];
        for (id, inner) in &self.nested {
            all.extend(inner.all().into_iter().map(|(path, node)| (format!("{id}/{path}"), node)));
        }
        all
    }
}

/// One template as it will be in a region. `bucket` stands for where its local code will lie, and parts that stand in snippets
/// count as if they were right.
fn expanded(template: &Node, bucket: &str, region: &Region) -> Result<Node, TransformError> {
    let mut template = template.clone();
    place_all(&mut template, bucket, region);
    let parameters = values(&Template::read(&template).0, &BTreeMap::new());
    sam::expand(snippet::assume(template).0, &Context { parameters, ..Context::ahead(region.as_str()) })
}

/// The names of a template's transforms.
fn transforms(template: &Node) -> Vec<String> {
    let Some(declared) = template.get("Transform") else { return Vec::new() };
    let name = |node: &Node| node.as_str().or_else(|| node.get("Name")?.as_str()).map(str::to_owned);
    declared.as_list().map_or_else(|| name(declared).into_iter().collect(), |all| all.iter().filter_map(name).collect())
}
