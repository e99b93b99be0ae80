//! Functions of lists: `Fn::Select`, `Fn::Length`, `Fn::GetAZs`, `Fn::Cidr`.

use super::{Eval, Lookup, Scope, cidr, fault, shape, unknown};
use crate::{Node, Value};
use base::{Diagnostics, Span};

impl Scope<'_> {
    /// `Fn::Select`: an index from zero and a list.
    pub(super) fn select(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let Some([index, list]) = argument.as_list() else {
            return shape(problems, "Fn::Select", argument, "an index and a list");
        };
        let text = self.text(index, "Fn::Select", problems)?;
        let Ok(position) = text.trim().parse::<usize>() else {
            return shape(problems, "Fn::Select", index, "an index that is a whole number from 0");
        };
        // A list in the template selects before its members are evaluated: the others may be unknown.
        if let Value::List(items) = &list.value {
            return match items.get(position) {
                Some(item) => self.value(item, problems),
                None => out_of_range(problems, span, position, items.len()),
            };
        }
        let items = self.items(list, "Fn::Select", problems)?;
        let length = items.len();
        match items.into_iter().nth(position) {
            Some(item) => Ok(item),
            None => out_of_range(problems, span, position, length),
        }
    }

    /// `Fn::Length` of `AWS::LanguageExtensions`.
    pub(super) fn length(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let items = self.items(argument, "Fn::Length", problems)?;
        Ok(Node::new(i64::try_from(items.len()).unwrap_or(i64::MAX), span))
    }

    /// `Fn::GetAZs`: of the region given, or of the stack's when it is empty.
    pub(super) fn zones(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let given = self.text(argument, "Fn::GetAZs", problems)?;
        let own = self.pseudo.region.as_ref().map(|r| r.as_str());
        let region = match (given.as_str(), own) {
            ("", Some(region)) => region,
            ("", None) => return unknown("the region is not known", span),
            (region, _) => region,
        };
        match self.resolve.availability_zones(region) {
            Lookup::Found(node) => Ok(node),
            Lookup::NotYet(why) => unknown(why, span),
            Lookup::Missing(message) => fault(problems, span, message).hint("check the region").done(),
        }
    }

    /// `Fn::Cidr`: a block, how many, and how many bits each has for hosts.
    pub(super) fn cidr(&self, argument: &Node, span: Span, problems: &mut Diagnostics) -> Eval {
        let (block, count, bits) = match argument.as_list() {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            _ => return shape(problems, "Fn::Cidr", argument, "a block, a count and a number of host bits"),
        };
        let block_text = self.text(block, "Fn::Cidr", problems)?;
        let count_text = self.text(count, "Fn::Cidr", problems)?;
        let bits_text = bits.map(|bits| self.text(bits, "Fn::Cidr", problems)).transpose()?;
        let Ok(count) = count_text.parse::<u32>() else {
            return shape(problems, "Fn::Cidr", count, "a whole number from 1 to 256 second");
        };
        let bits = match bits_text.as_deref().map(str::parse::<u32>) {
            None => None,
            Some(Ok(bits)) => Some(bits),
            Some(Err(_)) => return shape(problems, "Fn::Cidr", argument, "a whole number of host bits third"),
        };
        match cidr::blocks(&block_text, count, bits) {
            Ok(blocks) => Ok(Node::new(blocks.into_iter().map(|b| Node::new(b, span)).collect::<Vec<_>>(), span)),
            Err(why) => fault(problems, span, format!("`Fn::Cidr` cannot cut {}", self.shown(block, &block_text)))
                .why(why.to_string())
                .hint("use a larger block, fewer blocks or fewer host bits")
                .done(),
        }
    }
}

fn out_of_range(problems: &mut Diagnostics, span: Span, position: usize, length: usize) -> Eval {
    fault(problems, span, format!("`Fn::Select` takes item {position} of a list of {length}"))
        .why("the first item has index 0")
        .hint("correct the index or the list")
        .done()
}
