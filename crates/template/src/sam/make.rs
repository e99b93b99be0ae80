//! Making values: the `node!` macro, the intrinsic functions, and the spans of what is made.
//!
//! A value that the transform makes carries an *empty* span at the beginning of the source it was made from. So a
//! message about it still finds its place, and [`is_made`] tells it from a value that was written in the template.
//! The ids of API deployments depend on that difference. A parser never gives a text an empty span.

use crate::{Map, Node, Value};
use base::Span;

/// The span of a value that is made from what stands at `span`.
pub fn made(span: Span) -> Span {
    Span { end: span.start, ..span }
}

/// Whether a value or key with this span was made by the transform, and not written in the template.
pub fn is_made(span: Span) -> bool {
    span.start == span.end
}

/// What can become a node inside `node!`. Nodes keep their own span, everything else gets the given one.
pub trait IntoNode {
    /// The node.
    fn into_node(self, span: Span) -> Node;
}

impl IntoNode for Node {
    fn into_node(self, _span: Span) -> Node {
        self
    }
}

impl IntoNode for &Node {
    fn into_node(self, _span: Span) -> Node {
        self.clone()
    }
}

impl IntoNode for &String {
    fn into_node(self, span: Span) -> Node {
        Node::new(self.as_str(), span)
    }
}

macro_rules! into_node_by_value {
    ($($from:ty),*) => {
        $(impl IntoNode for $from {
            fn into_node(self, span: Span) -> Node {
                Node::new(self, span)
            }
        })*
    };
}
into_node_by_value!(&str, String, bool, i64, Map, Vec<Node>, Value);

/// A list while it is made.
#[derive(Debug, Default)]
pub struct ListMaker(pub Vec<Node>);

impl ListMaker {
    /// Adds one at the end.
    pub fn push(&mut self, node: Node) {
        self.0.push(node);
    }
}

/// Makes a node as JSON looks: `node!(span, { "Version": "2012-10-17", "Statement": [statement] })`. Keys are literals
/// or `(expressions)`; values are literals, lists, mappings or expressions that are [`IntoNode`].
#[macro_export]
#[doc(hidden)]
macro_rules! __landfall_node {
    (@map $m:ident $s:ident) => {};
    (@map $m:ident $s:ident $key:literal : { $($body:tt)* } $(, $($rest:tt)*)?) => {
        let value = $crate::__landfall_node!($s, { $($body)* });
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@map $m:ident $s:ident $key:literal : [ $($body:tt)* ] $(, $($rest:tt)*)?) => {
        let value = $crate::__landfall_node!($s, [ $($body)* ]);
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@map $m:ident $s:ident $key:literal : $value:expr $(, $($rest:tt)*)?) => {
        let value = $crate::sam::make::IntoNode::into_node($value, $crate::sam::make::made($s));
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@map $m:ident $s:ident ($key:expr) : { $($body:tt)* } $(, $($rest:tt)*)?) => {
        let value = $crate::__landfall_node!($s, { $($body)* });
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@map $m:ident $s:ident ($key:expr) : [ $($body:tt)* ] $(, $($rest:tt)*)?) => {
        let value = $crate::__landfall_node!($s, [ $($body)* ]);
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@map $m:ident $s:ident ($key:expr) : $value:expr $(, $($rest:tt)*)?) => {
        let value = $crate::sam::make::IntoNode::into_node($value, $crate::sam::make::made($s));
        $m.insert_at($key, $crate::sam::make::made($s), value);
        $( $crate::__landfall_node!(@map $m $s $($rest)*); )?
    };
    (@list $l:ident $s:ident) => {};
    (@list $l:ident $s:ident { $($body:tt)* } $(, $($rest:tt)*)?) => {
        $l.push($crate::__landfall_node!($s, { $($body)* }));
        $( $crate::__landfall_node!(@list $l $s $($rest)*); )?
    };
    (@list $l:ident $s:ident [ $($body:tt)* ] $(, $($rest:tt)*)?) => {
        $l.push($crate::__landfall_node!($s, [ $($body)* ]));
        $( $crate::__landfall_node!(@list $l $s $($rest)*); )?
    };
    (@list $l:ident $s:ident $value:expr $(, $($rest:tt)*)?) => {
        $l.push($crate::sam::make::IntoNode::into_node($value, $crate::sam::make::made($s)));
        $( $crate::__landfall_node!(@list $l $s $($rest)*); )?
    };
    ($span:expr, { $($body:tt)* }) => {{
        #[allow(unused_mut)]
        let mut map = $crate::Map::new();
        let span: base::Span = $span;
        $crate::__landfall_node!(@map map span $($body)*);
        $crate::Node::new(map, $crate::sam::make::made(span))
    }};
    ($span:expr, [ $($body:tt)* ]) => {{
        #[allow(unused_mut)]
        let mut list = $crate::sam::make::ListMaker::default();
        let span: base::Span = $span;
        $crate::__landfall_node!(@list list span $($body)*);
        $crate::Node::new(list.0, $crate::sam::make::made(span))
    }};
    ($span:expr, $value:expr) => {{
        let span: base::Span = $span;
        $crate::sam::make::IntoNode::into_node($value, $crate::sam::make::made(span))
    }};
}
pub use crate::__landfall_node as node;

/// `{"Ref": name}`.
pub fn reference(span: Span, name: impl IntoNode) -> Node {
    node!(span, { "Ref": name })
}

/// `{"Fn::GetAtt": [id, attribute]}`.
pub fn get_att(span: Span, id: impl IntoNode, attribute: &str) -> Node {
    node!(span, { "Fn::GetAtt": [id, attribute] })
}

/// `{"Fn::Sub": text}`.
pub fn sub(span: Span, text: impl IntoNode) -> Node {
    node!(span, { "Fn::Sub": text })
}

/// `{"Fn::Sub": [text, variables]}`.
pub fn sub_with(span: Span, text: impl IntoNode, variables: Node) -> Node {
    node!(span, { "Fn::Sub": [text, variables] })
}

/// `{"Fn::Join": [delimiter, values]}`.
pub fn join(span: Span, delimiter: &str, values: Vec<Node>) -> Node {
    node!(span, { "Fn::Join": [delimiter, values] })
}

/// `{"Fn::If": [condition, value, otherwise]}`.
pub fn conditional(span: Span, condition: impl IntoNode, value: impl IntoNode, otherwise: impl IntoNode) -> Node {
    node!(span, { "Fn::If": [condition, value, otherwise] })
}

/// `{"Ref": "AWS::NoValue"}`.
pub fn no_value(span: Span) -> Node {
    reference(span, "AWS::NoValue")
}
