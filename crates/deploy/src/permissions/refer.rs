//! Names of other resources that a resource refers to, by the places they take in ARNs.

use super::used::Leaf;
use super::value::Values;
use iam::permissions::Scope;

/// The references that fill `places`, from the leaves of one resource.
pub(super) fn references(
    leaves: &[Leaf<'_>],
    places: &[String],
    values: &Values<'_>,
    scope: &Scope,
) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for place in places {
        for leaf in leaves.iter().filter(|leaf| fills(leaf, place)) {
            for value in values.patterns(leaf.node) {
                found.extend(written(place, &value, scope).into_iter().map(|text| (place.clone(), text)));
            }
        }
    }
    found.extend(roles(leaves, values, scope).into_iter().map(|name| ("RoleName".to_owned(), name)));
    found.sort();
    found.dedup();
    let open: Vec<String> = found.iter().filter(|(_, v)| v == "*").map(|(p, _)| p.clone()).collect();
    found.retain(|(place, value)| value == "*" || !open.contains(place) || value.starts_with("arn:"));
    found
}

/// Whether a property holds what a place in an ARN is for.
fn fills(leaf: &Leaf<'_>, place: &str) -> bool {
    let name = leaf.name();
    if leaf.foreign {
        return false;
    }
    match place {
        // Roles are looked for by their ARNs.
        "RoleName" => false,
        "KeyId" => {
            let lower = name.to_ascii_lowercase();
            lower.contains("kms") || lower.contains("cmk") || lower == "targetkeyid" || lower == "keyid"
        }
        "BucketName" => {
            name == "TemplateURL" || matches!(stem(name), "Bucket" | "S3Bucket") || name.ends_with("S3BucketName")
        }
        "RepositoryName" if matches!(name, "ImageUri" | "Image" | "ImageIdentifier") => true,
        _ => {
            let wanted = stem(place);
            !wanted.is_empty() && stem(name.strip_prefix("Target").unwrap_or(name)).eq_ignore_ascii_case(wanted)
        }
    }
}

/// A name without what says that it is one.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix('s').unwrap_or(name);
    ["Name", "Arn", "ARN", "Id"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// A value as it stands in the place of an ARN.
fn written(place: &str, value: &str, scope: &Scope) -> Vec<String> {
    match place {
        "BucketName" => vec![bucket(value)],
        "RepositoryName" => repository(value, scope).into_iter().collect(),
        "KeyId" if value.starts_with("alias/") => vec!["*".to_owned()],
        _ => match arn(value, scope) {
            ArnText::Foreign => vec![value.to_owned()],
            ArnText::Here(name) => qualified(place, &name),
            ArnText::No if value.starts_with("https://") => {
                vec![value.rsplit('/').next().unwrap_or("*").to_owned()]
            }
            ArnText::No => qualified(place, value),
        },
    }
}

/// Actions on a function are also asked for with its versions and aliases.
fn qualified(place: &str, name: &str) -> Vec<String> {
    let name = if place == "FunctionName" { name.split(':').next().unwrap_or(name) } else { name };
    let mut names = vec![name.to_owned()];
    if place == "FunctionName" && !name.ends_with('*') {
        names.push(format!("{name}:*"));
    }
    names
}

enum ArnText {
    No,
    /// Of another account or region: it counts as a whole.
    Foreign,
    /// Of this account and region, or of any: the name in it.
    Here(String),
}

fn arn(text: &str, scope: &Scope) -> ArnText {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, service, region, account, resource] = parts.as_slice() else { return ArnText::No };
    if !text.starts_with("arn:") {
        return ArnText::No;
    }
    let same = |part: &str, here: &str| part.is_empty() || part == "*" || part == here;
    if !same(region, &scope.region) || !same(account, &scope.account) {
        return ArnText::Foreign;
    }
    let name = match *service {
        "sns" | "sqs" => resource,
        "s3" => resource.split('/').next().unwrap_or(resource),
        "lambda" => resource.split(':').nth(1).unwrap_or(resource),
        "dynamodb" | "kinesis" => resource.split('/').nth(1).unwrap_or(resource),
        _ => resource.split_once([':', '/']).map_or(*resource, |(_, name)| name),
    };
    let name = name.trim_end_matches(":*");
    ArnText::Here(if name.is_empty() { "*".to_owned() } else { name.to_owned() })
}

/// The bucket of a name, an ARN or an address of an object.
fn bucket(value: &str) -> String {
    if let Some(path) = value.strip_prefix("https://") {
        let (host, key) = path.split_once('/').unwrap_or((path, ""));
        let of_host = host.split_once(".s3.").or_else(|| host.split_once(".s3-")).map(|(bucket, _)| bucket);
        return of_host.or_else(|| key.split('/').next()).filter(|b| !b.is_empty()).unwrap_or("*").to_owned();
    }
    let path = value.strip_prefix("s3://").or_else(|| value.rsplit(":::").next()).unwrap_or(value);
    path.split('/').next().unwrap_or("*").to_owned()
}

/// The repository of an image in ECR: its name, or its ARN when it lies elsewhere. None for images of other registries.
fn repository(value: &str, scope: &Scope) -> Option<String> {
    if value.starts_with("arn:") || !value.contains('/') {
        return Some(if value.contains(['*', ':']) && !value.starts_with("arn:") { "*" } else { value }.to_owned());
    }
    let (host, rest) = value.split_once('/')?;
    let name = rest.split(['@', ':']).next().unwrap_or(rest);
    let (account, tail) = host.split_once(".dkr.ecr.")?;
    let region = tail.split('.').next().unwrap_or("*");
    let here = (account == scope.account || account == "*") && (region == scope.region || region == "*");
    Some(if here {
        name.to_owned()
    } else {
        format!("arn:{}:ecr:{region}:{account}:repository/{name}", scope.partition)
    })
}

/// The roles that are passed: names with their paths, or ARNs of other accounts. In documents such as API definitions
/// they are known by their ARNs only.
fn roles(leaves: &[Leaf<'_>], values: &Values<'_>, scope: &Scope) -> Vec<String> {
    let mut found = Vec::new();
    for leaf in leaves {
        let named = !leaf.foreign && leaf.path.contains("Role");
        let in_document = leaf.foreign && (leaf.name() == "credentials" || leaf.name().contains("Role"));
        if leaf.path.contains("PolicyDocument") || !(named || in_document || leaf.name().contains("Credentials")) {
            continue;
        }
        for value in values.patterns(leaf.node) {
            let is_role = value.contains(":role/");
            match arn(&value, scope) {
                ArnText::Foreign if is_role => found.push(value),
                ArnText::Here(name) if is_role => found.push(name),
                // A name says that it is one by its property.
                ArnText::No if named && (value == "*" || is_name_of_role(leaf.name())) => found.push(value),
                _ => {}
            }
        }
    }
    found
}

fn is_name_of_role(property: &str) -> bool {
    ["Role", "Roles", "RoleName", "RoleArn", "RoleARN"].iter().any(|end| property.ends_with(end))
}
