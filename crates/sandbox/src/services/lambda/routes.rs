//! Which operation a method and path mean (Lambda API reference).

use crate::wire::WireRequest;

/// The operation of a request.
pub fn route(request: &WireRequest) -> Option<&'static str> {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    match parts.get(1..)? {
        ["functions"] if method == "GET" => Some("ListFunctions"),
        ["functions", _] if method == "GET" => Some("GetFunction"),
        ["functions", _, rest @ ..] => of_function(method, rest),
        ["event-source-mappings"] if method == "GET" => Some("ListEventSourceMappings"),
        ["event-source-mappings", _] if method == "GET" => Some("GetEventSourceMapping"),
        ["layers"] if method == "GET" => Some("ListLayers"),
        ["layers", _, "versions"] if method == "GET" => Some("ListLayerVersions"),
        ["tags", ..] if method == "GET" => Some("ListTags"),
        _ => None,
    }
}

fn of_function(method: &str, rest: &[&str]) -> Option<&'static str> {
    match (method, rest) {
        ("GET", ["configuration"]) => Some("GetFunctionConfiguration"),
        ("PUT", ["configuration"]) => Some("UpdateFunctionConfiguration"),
        ("PUT", ["code"]) => Some("UpdateFunctionCode"),
        ("GET", ["versions"]) => Some("ListVersionsByFunction"),
        ("POST", ["versions"]) => Some("PublishVersion"),
        ("GET", ["aliases"]) => Some("ListAliases"),
        ("POST", ["aliases"]) => Some("CreateAlias"),
        ("GET", ["aliases", _]) => Some("GetAlias"),
        ("PUT", ["aliases", _]) => Some("UpdateAlias"),
        ("GET", ["policy"]) => Some("GetPolicy"),
        ("GET", ["concurrency"]) => Some("GetFunctionConcurrency"),
        ("GET", ["url"]) => Some("GetFunctionUrlConfig"),
        ("POST", ["invocations"]) => Some("Invoke"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_operations() {
        let table = [
            ("GET", "/2015-03-31/functions/", Some("ListFunctions")),
            ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af", Some("GetFunction")),
            ("PUT", "/2015-03-31/functions/f/aliases/live", Some("UpdateAlias")),
            ("POST", "/2015-03-31/functions/f/invocations", Some("Invoke")),
            ("GET", "/2018-10-31/layers/l/versions", Some("ListLayerVersions")),
            ("DELETE", "/2015-03-31/functions/f", None),
        ];
        for (method, path, operation) in table {
            let request = WireRequest { method: method.into(), path: path.into(), ..WireRequest::default() };
            assert_eq!(route(&request), operation, "{method} {path}");
        }
    }
}
