//! Permissions that AWS asks for and the sandbox does not, each with the document that says so. Everything else that no
//! operation needs is a permission too many.

use crate::permissions::Permission;

/// A permission by its action and the end of its resource; nothing for any resource.
struct Entry {
    action: &'static str,
    resource: &'static str,
    /// Whether it is the resource only that the sandbox cannot tell: the action itself was proven on the others.
    one_of_several: bool,
    document: &'static str,
}

const TAGGING: &str = "the type's schema in the CloudFormation registry, `tagging.permissions`";
const PATHS: &str = "API Gateway Developer Guide, \"How Amazon API Gateway works with IAM\": a verb on the path that it is sent to; \
                     APIs are posted to `/apis`, what is in them below, and tags to `/tags/ARN`";

const ENTRIES: &[Entry] = &[
    Entry { action: "iam:ListRoleTags", resource: "", one_of_several: false, document: TAGGING },
    Entry { action: "lambda:ListTags", resource: "", one_of_several: false, document: TAGGING },
    Entry { action: "apigateway:POST", resource: "::/apis", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:POST", resource: "::/apis/*", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:POST", resource: "::/tags/*", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:PUT", resource: "::/apis/*", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:PUT", resource: "::/tags/*", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:DELETE", resource: "::/apis/*", one_of_several: true, document: PATHS },
    Entry { action: "apigateway:DELETE", resource: "::/tags/*", one_of_several: true, document: PATHS },
];

/// The document that says that AWS needs a permission without which everything goes well in the sandbox.
pub fn says(gone: &Permission, action_is_needed: bool) -> Option<&'static str> {
    let fits = |e: &&Entry| {
        e.action == gone.action && gone.resource.ends_with(e.resource) && (action_is_needed || !e.one_of_several)
    };
    ENTRIES.iter().find(fits).map(|e| e.document)
}
