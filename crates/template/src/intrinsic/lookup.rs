//! Functions that look something up: `Ref`, `Fn::GetAtt`, `Fn::ImportValue`, `Fn::FindInMap`.

use super::{
    Eval, Evaluated, Halt, Lookup, PSEUDO_PARAMETERS, Scope, did_you_mean, fault, get_att, partition_of, shape, unknown,
};
use crate::Node;
use base::{Diagnostics, Span};

impl Scope<'_> {
    /// `Ref`. Its argument is text; `AWS::LanguageExtensions` allows functions in it.
    pub(super) fn reference(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let name = self.text(argument, "Ref", problems)?;
        self.reference_to(&name, span, problems)
    }

    /// What a name refers to: a pseudo parameter, a parameter or a resource.
    pub(super) fn reference_to(&self, name: &str, span: Span, problems: &mut Diagnostics) -> Eval {
        if name.starts_with("AWS::") {
            return self.pseudo_parameter(name, span, problems);
        }
        if let Some(value) = self.parameters.get(name) {
            return match value {
                Evaluated::Known(node) => Ok(Node { value: node.value.clone(), span }),
                Evaluated::Absent => Err(Halt::Absent),
                Evaluated::Unknown(reason) => unknown(reason.why.clone(), span),
            };
        }
        if self.template.at(&["Parameters", name]).is_some() {
            return unknown(format!("the parameter `{name}` has no value"), span);
        }
        if self.template.at(&["Resources", name]).is_none() {
            return self.no_such_name(name, span, problems);
        }
        self.answer(self.resolve.reference(name), span, problems)
    }

    fn no_such_name(&self, name: &str, span: Span, problems: &mut Diagnostics) -> Eval {
        let section =
            |name: &str| self.template.get(name).and_then(Node::as_map).map(|map| map.keys().collect::<Vec<_>>());
        let known: Vec<&str> = ["Parameters", "Resources"].iter().filter_map(|name| section(name)).flatten().collect();
        fault(problems, span, format!("`{name}` is neither a parameter nor a resource"))
            .hint(did_you_mean(name, &known).unwrap_or_else(|| "define it, or correct the name".to_owned()))
            .done()
    }

    fn pseudo_parameter(&self, name: &str, span: Span, problems: &mut Diagnostics) -> Eval {
        let pseudo = self.pseudo;
        let text = match name {
            "AWS::NoValue" => return Err(Halt::Absent),
            "AWS::NotificationARNs" => {
                let arns = pseudo.notification_arns.iter().map(|arn| Node::new(arn.as_str(), span));
                return Ok(Node::new(arns.collect::<Vec<_>>(), span));
            }
            "AWS::AccountId" => pseudo.account.as_ref().map(ToString::to_string),
            "AWS::Region" => pseudo.region.as_ref().map(ToString::to_string),
            "AWS::Partition" => partition_of(pseudo).map(|p| p.as_str().to_owned()),
            "AWS::URLSuffix" => partition_of(pseudo).map(|p| p.url_suffix().to_owned()),
            "AWS::StackName" => pseudo.stack_name.as_ref().map(ToString::to_string),
            "AWS::StackId" => pseudo.stack_id.clone(),
            _ => {
                return fault(problems, span, format!("unknown pseudo parameter `{name}`"))
                    .hint(did_you_mean(name, PSEUDO_PARAMETERS).unwrap_or_else(|| "correct the name".to_owned()))
                    .done();
            }
        };
        match text {
            Some(text) => Ok(Node::new(text, span)),
            None => unknown(format!("`{name}` is known at deployment"), span),
        }
    }

    fn answer(&self, lookup: Lookup, span: Span, problems: &mut Diagnostics) -> Eval {
        match lookup {
            Lookup::Found(node) => Ok(Node { value: node.value, span }),
            Lookup::NotYet(why) => unknown(why, span),
            Lookup::Missing(message) => fault(problems, span, message).hint("correct the name").done(),
        }
    }

    /// `Fn::GetAtt`. The attribute may be a function of known parts.
    pub(super) fn attribute(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        if let Some((resource, attribute)) = get_att(argument) {
            return self.attribute_of(resource, &attribute, span, problems);
        }
        let Some([resource, attribute]) = argument.as_list() else {
            return shape(problems, "Fn::GetAtt", argument, "a resource and an attribute");
        };
        let resource = self.text(resource, "Fn::GetAtt", problems)?;
        let attribute = self.text(attribute, "Fn::GetAtt", problems)?;
        self.attribute_of(&resource, &attribute, span, problems)
    }

    pub(super) fn attribute_of(&self, resource: &str, attribute: &str, span: Span, problems: &mut Diagnostics) -> Eval {
        let resources = self.template.get("Resources").and_then(Node::as_map);
        if !resources.is_some_and(|map| map.contains_key(resource)) {
            let known: Vec<&str> = resources.map(|map| map.keys().collect()).unwrap_or_default();
            return fault(problems, span, format!("`{resource}` is not a resource"))
                .why("attributes are read from resources of the same template")
                .hint(did_you_mean(resource, &known).unwrap_or_else(|| "define it, or correct the name".to_owned()))
                .done();
        }
        self.answer(self.resolve.attribute(resource, attribute), span, problems)
    }

    pub(super) fn import(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let name = self.text(argument, "Fn::ImportValue", problems)?;
        self.answer(self.resolve.import(&name), span, problems)
    }

    /// `Fn::FindInMap`: a mapping, two keys, and perhaps a default value of `AWS::LanguageExtensions`.
    pub(super) fn find_in_map(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let (mapping, top, second, default) = match argument.as_list() {
            Some([mapping, top, second]) => (mapping, top, second, None),
            Some([mapping, top, second, options]) => match options.get("DefaultValue") {
                Some(default) => (mapping, top, second, Some(default)),
                None => return shape(problems, "Fn::FindInMap", options, "`DefaultValue` as its only option"),
            },
            _ => return shape(problems, "Fn::FindInMap", argument, "the name of a mapping and two keys"),
        };
        let names = [mapping, top, second];
        let mut keys = Vec::with_capacity(names.len());
        for name in names {
            keys.push(self.text(name, "Fn::FindInMap", problems)?);
        }
        let mut found = self.template.get("Mappings");
        for (key, expression) in keys.iter().zip(names) {
            let inside = found.and_then(Node::as_map);
            match inside.and_then(|map| map.get(key)) {
                Some(node) => found = Some(node),
                None if default.is_some() => {
                    found = default;
                    break;
                }
                None => {
                    let known: Vec<&str> = inside.map(|map| map.keys().collect()).unwrap_or_default();
                    let place = if std::ptr::eq(expression, mapping) {
                        "`Mappings`".to_owned()
                    } else {
                        format!("mapping `{}`", keys[0])
                    };
                    return fault(problems, span, format!("{place} has no key {}", self.shown(expression, key)))
                        .why(list_of(&known))
                        .hint(did_you_mean(key, &known).unwrap_or_else(|| "add the key to the mapping".to_owned()))
                        .done();
                }
            }
        }
        match found {
            Some(node) => self.value(node, problems),
            None => shape(problems, "Fn::FindInMap", argument, "the name of a mapping and two keys"),
        }
    }
}

fn list_of(names: &[&str]) -> String {
    match names {
        [] => "it has no keys".to_owned(),
        _ => {
            let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
            format!("it has {}{more}", shown.join(", "))
        }
    }
}
