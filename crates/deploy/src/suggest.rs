//! "Did you mean": the known word that is nearest to what was written.

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let written = plain(word);
    let far = ((written.chars().count() + 1) / 3).min(4);
    known
        .into_iter()
        .map(|candidate| (distance(&written, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

fn distance(written: &str, known: &str) -> usize {
    // The measure is quadratic; nobody means a key by a word this long.
    if written.len() > 80 || known.len() > 80 {
        return usize::MAX;
    }
    if written.len() >= 3 && (known == format!("{written}s") || written == format!("{known}s")) {
        return 0;
    }
    if written.len().min(known.len()) >= 4 && (known.starts_with(written) || written.starts_with(known)) {
        return 1;
    }
    strsim::damerau_levenshtein(written, known)
}

/// The end of a message about an unknown word: the nearest known one, or all of them when they are few.
pub(crate) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let shown: Vec<String> = known.iter().take(12).map(|k| format!("`{k}`")).collect();
    match shown.len() {
        0 => None,
        1 => Some(format!("the only one known here is {}", shown[0])),
        _ if known.len() <= 12 => Some(format!("known here: {}", shown.join(", "))),
        _ => Some(format!("known here: {} and {} more", shown.join(", "), known.len() - 12)),
    }
}
