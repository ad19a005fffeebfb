//! Every word a person reads stands in the catalogues, in every language, with the same gaps to fill in.
//!
//! A key that one catalogue has and another lacks does not even build (`build.rs`). What is looked at here is what the
//! generator lets pass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every catalogue, by its language: what is said, by the path of its key.
fn catalogues() -> BTreeMap<String, BTreeMap<String, String>> {
    let files = fs::read_dir(here("locales")).unwrap().map(|file| file.unwrap().path());
    let read = |file: PathBuf| {
        let language = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut words = BTreeMap::new();
        flatten("", &serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap(), &mut words);
        (language, words)
    };
    files.map(read).collect()
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(keys) => keys.iter().for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, into)),
        Value::String(words) => _ = into.insert(path.trim_start_matches('.').to_owned(), words.clone()),
        other => panic!("{path} is neither words nor a place: {other}"),
    }
}

/// What is filled in: `name` of "Call {{ name }}".
fn gaps(words: &str) -> BTreeSet<&str> {
    words.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap().trim()).collect()
}

#[test]
fn every_language_says_the_same_things_with_the_same_gaps() {
    let catalogues = catalogues();
    let english = &catalogues["en"];
    for (language, words) in &catalogues {
        let lacks: Vec<_> = english.keys().filter(|key| !words.contains_key(*key)).collect();
        let surplus: Vec<_> = words.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(lacks.is_empty(), "locales/{language}.json lacks, and locales/en.json has: {lacks:#?}");
        assert!(surplus.is_empty(), "locales/{language}.json has, and locales/en.json lacks: {surplus:#?}");
        for (key, said) in words {
            assert_eq!(gaps(said), gaps(&english[key]), "the gaps of {key} in locales/{language}.json");
            assert!(!said.trim().is_empty() && said.trim() == said, "{key} in locales/{language}.json: {said:?}");
        }
    }
}

#[test]
fn words_are_typeset_as_their_language_has_it() {
    for (language, words) in catalogues() {
        for (key, said) in words {
            let typed = ["\"", "'", "...", " - "].into_iter().find(|typed| said.contains(typed));
            assert_eq!(typed, None, "{key} in locales/{language}.json: {said}");
            let foreign: &[char] = match language.as_str() {
                "es" => &['“', '„'],
                "pl" => &['“', '«'],
                _ => &['„', '«'],
            };
            assert!(!said.contains(foreign), "the quotation marks of {key} in locales/{language}.json: {said}");
        }
    }
}

/// The files of the app that are not tests, with their paths.
fn sources(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.file_stem().is_some_and(|stem| stem != "tests") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            into.push((path, text));
        }
    }
}

/// What looks in this line like words for people: a text between tags, an attribute that is read out, or a sentence.
fn words_in(line: &str) -> Option<&str> {
    let code = line.trim_start();
    if code.starts_with("//") || code.starts_with("#[") || code.contains("reason = \"") {
        return None;
    }
    let is_wordy = |text: &str| text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1);
    let between_tags = code.split('>').skip(1).find_map(|rest| {
        let (text, _) = rest.split_once("</")?;
        (is_wordy(text) && !text.contains(['{', '}', '<', '(', ')', '=', ';'])).then_some(text)
    });
    let attribute = [" aria-label=\"", " title=\"", " placeholder=\"", " alt=\"", " label=\"", " hint=\""]
        .into_iter()
        .find_map(|name| line.split(name).nth(1)?.split('"').next().filter(|text| is_wordy(text)));
    let pieces: Vec<&str> = code.split('"').collect();
    let quoted = pieces.windows(2).step_by(2).filter(|pair| !pair[0].ends_with("class=")).map(|pair| pair[1]);
    let sentence = quoted.into_iter().find(|text| {
        let mut words = text.split(' ');
        let first = words.next().unwrap_or_default();
        let begins = first.chars().next().is_some_and(char::is_uppercase) && first.chars().all(char::is_alphabetic);
        begins && words.next().is_some_and(|word| word.chars().count() > 1 && word.chars().all(char::is_alphabetic))
    });
    between_tags.or(attribute).or(sentence)
}

/// Said to nobody but developers and whoever reads the raw answer of the server: `error.rs` says so.
const RAW: &str = "error.rs";

#[test]
fn no_word_stands_outside_of_the_catalogues() {
    let mut files = vec![];
    sources(&here("src"), &mut files);
    assert!(files.len() > 100, "the files of the app");
    let found: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.file_name().is_some_and(|name| name != RAW))
        .flat_map(|(path, text)| text.lines().filter_map(move |line| Some((path, words_in(line)?))))
        .collect();
    assert!(found.is_empty(), "these belong into app/locales, to be said with t! or t_string!: {found:#?}");
}

#[test]
fn words_outside_of_the_catalogues_are_found() {
    for line in [
        r"<p>Good morning</p>",
        r"<button>Call</button>",
        r#"<p>"Good morning"</p>"#,
        r#"<nav aria-label="Channels">"#,
        r#"let words = "Nobody answers";"#,
    ] {
        assert!(words_in(line).is_some(), "{line}");
    }
    for line in [
        r"<p>{t!(i18n, chat.welcome.lead)}</p>",
        r"// Good morning: <p>Call</p>",
        r#"#[expect(dead_code, reason = "Nobody asks")]"#,
        r#"<nav class="Large channels" aria-label=t!(i18n, sidebar.label)>"#,
        r#"<p>{who}" · "<Moment at /></p>"#,
    ] {
        assert_eq!(words_in(line), None, "{line}");
    }
}
