//! Stages with many targets.

use super::read::{Reader, nodes, texts};
use super::read_stage::Settings;
use super::shape::amount;
use super::{Amount, Fleet, RegionConcurrency};
use base::{AccountId, Diagnostic, Region, Span};
use template::{Map, Node};

/// How many targets are deployed to at the same time when the file does not say.
const MAX_CONCURRENT: Amount = Amount::Count(10);

/// The targets of a fleet stage, unless something in it makes that pointless.
pub(super) fn read(reader: &mut Reader<'_>, settings: &Settings<'_>, node: &Node) -> Option<Fleet> {
    let map = node.as_map()?;
    let accounts = accounts(reader, map, "accounts");
    let exclude_accounts = accounts_to_exclude(reader, map, &accounts);
    let organizational_units = units(reader, map);
    let regions = regions(reader, map);
    if !map.contains_key("accounts") && !map.contains_key("organizational_units") {
        let diagnostic = Diagnostic::error("PIPE-022", "`targets` names no accounts").at(place(map, node.span));
        reader.out.push(diagnostic.hint("add `organizational_units: [ou-…]` or `accounts: [\"…\"]`"));
    }
    let fleet = Fleet {
        organizational_units,
        accounts,
        exclude_accounts,
        regions,
        waves: waves(reader, settings),
        max_concurrent: settings.get("max_concurrent").and_then(amount).unwrap_or(MAX_CONCURRENT),
        failure_tolerance: settings.get("failure_tolerance").and_then(amount).unwrap_or(Amount::Count(0)),
        region_concurrency: match settings.get("region_concurrency").and_then(Node::as_str) {
            Some("parallel") => RegionConcurrency::Parallel,
            _ => RegionConcurrency::Sequential,
        },
    };
    if matches!(fleet.max_concurrent, Amount::Count(0) | Amount::Percent(0)) {
        let span = settings.get("max_concurrent").map_or(node.span, |node| node.span);
        let diagnostic =
            Diagnostic::error("PIPE-021", "`max_concurrent` is zero, so nothing would ever start").at(span);
        reader.out.push(diagnostic.hint("write at least 1"));
    }
    (!fleet.regions.is_empty()).then_some(fleet)
}

fn place(map: &Map, span: Span) -> Span {
    map.entries().next().map_or(span, |(_, entry)| entry.key_span)
}

fn twice(reader: &mut Reader<'_>, what: &str, node: &Node) {
    let diagnostic = Diagnostic::warning("PIPE-031", format!("{what} stands here twice")).at(node.span);
    reader.out.push(diagnostic.hint("remove one of them"));
}

fn accounts(reader: &mut Reader<'_>, map: &Map, key: &str) -> Vec<AccountId> {
    let mut accounts = Vec::new();
    for node in nodes(map, key) {
        match node.as_str().and_then(|id| AccountId::new(id).ok()) {
            Some(account) if accounts.contains(&account) => twice(reader, &format!("account {account}"), node),
            Some(account) => accounts.push(account),
            None => {}
        }
    }
    accounts
}

fn accounts_to_exclude(reader: &mut Reader<'_>, map: &Map, accounts: &[AccountId]) -> Vec<AccountId> {
    for node in nodes(map, "exclude_accounts") {
        let named = node.as_str().filter(|id| accounts.iter().any(|account| account.as_str() == *id));
        if let Some(id) = named {
            let message = format!("account {id} is named in `accounts` and in `exclude_accounts`");
            let diagnostic = Diagnostic::error("PIPE-022", message).at(node.span);
            reader.out.push(diagnostic.hint("remove it from one of them"));
        }
    }
    self::accounts(reader, map, "exclude_accounts")
}

/// Ids as `OrganizationalUnit` and `Root` in the AWS Organizations API Reference have them.
fn units(reader: &mut Reader<'_>, map: &Map) -> Vec<String> {
    for node in nodes(map, "organizational_units") {
        let Some(id) = node.as_str() else { continue };
        if !is_unit(id) {
            let message = format!("`{id}` is not the id of an organizational unit");
            let diagnostic = Diagnostic::error("PIPE-030", message).at(node.span);
            reader.out.push(
                diagnostic.hint("write an id such as `ou-ab12-11111111`, or the root `r-ab12`; names are not unique"),
            );
        }
    }
    texts(map, "organizational_units")
}

fn is_unit(id: &str) -> bool {
    let word = |text: &str, least: usize| {
        (least..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    match (id.strip_prefix("r-"), id.strip_prefix("ou-").and_then(|rest| rest.split_once('-'))) {
        (Some(root), _) => word(root, 4),
        (None, Some((root, unit))) => word(root, 4) && word(unit, 8),
        (None, None) => false,
    }
}

fn regions(reader: &mut Reader<'_>, map: &Map) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    if !map.contains_key("regions") {
        return regions;
    }
    let found = nodes(map, "regions");
    if found.is_empty() {
        let span = map.key_span("regions").unwrap_or_default();
        let diagnostic = Diagnostic::error("PIPE-022", "`targets` names no regions").at(span);
        reader.out.push(diagnostic.hint("add at least one, such as `us-east-1`"));
    }
    for node in found {
        let Some(region) = node.as_str().and_then(|code| Region::new(code).ok()) else { continue };
        match regions.first() {
            _ if regions.contains(&region) => twice(reader, &format!("region {region}"), node),
            Some(first) if first.partition() != region.partition() => {
                let message = format!("`{region}` and `{first}` are in different partitions");
                let diagnostic = Diagnostic::error("PIPE-022", message).at(node.span);
                reader.out.push(
                    diagnostic
                        .why("accounts and roles belong to one partition")
                        .hint("make a stage for each partition"),
                );
            }
            _ => regions.push(region),
        }
    }
    regions
}

fn waves(reader: &mut Reader<'_>, settings: &Settings<'_>) -> Vec<Amount> {
    let standard = vec![Amount::Count(1), Amount::Percent(100)];
    let Some(node) = settings.get("waves") else { return standard };
    let Some(items) = node.as_list() else { return standard };
    let waves: Option<Vec<Amount>> = items.iter().map(amount).collect();
    let Some(waves) = waves else { return standard };
    let mut problem = |message: String, node: &Node, hint: &str| {
        let why = "each wave says how many targets are done when it has ended";
        let diagnostic = Diagnostic::error("PIPE-021", message).at(node.span).why(why).hint(hint.to_owned());
        if !reader.out.contains(&diagnostic) {
            reader.out.push(diagnostic);
        }
    };
    for (i, pair) in waves.windows(2).enumerate() {
        let falls = match (pair[0], pair[1]) {
            (Amount::Count(a), Amount::Count(b)) => b <= a,
            (Amount::Percent(a), Amount::Percent(b)) => b <= a,
            (Amount::Percent(100), _) => true,
            _ => false,
        };
        if falls {
            problem(
                "a wave is not larger than the one before it".to_owned(),
                &items[i + 1],
                "write rising numbers, such as `[1, 10%, 100%]`",
            );
        }
    }
    if let Some(zero) = waves.iter().position(|wave| matches!(wave, Amount::Count(0) | Amount::Percent(0))) {
        problem("a wave has no targets".to_owned(), &items[zero], "write at least 1");
    }
    match items.last() {
        Some(last) if waves.last() != Some(&Amount::Percent(100)) => {
            problem("the last wave does not reach all targets".to_owned(), last, "add `100%` at the end");
        }
        None => problem("`waves` is empty".to_owned(), node, "write `[1, 10%, 100%]`, or remove the key"),
        Some(_) => {}
    }
    if waves.is_empty() { standard } else { waves }
}
