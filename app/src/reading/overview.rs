//! The parish in numbers.

use super::{days, say};
use crate::address;
use crate::i18n::Locale;
use backend::{CallsOfWeek, Overview, ServerOverview, VoiceServerKind};
use domain::{Group, Role};
use leptos::prelude::*;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What stands there: what the one who asks may see.
pub(crate) fn overview(locale: Locale, seen: &Overview) -> String {
    let body = view! {
        <p>{say!(locale, overview.lead)}</p>
        {members(locale, seen)}
        {groups(locale, &seen.groups)}
        {calls(locale, &seen.weeks)}
        {seen.server.as_ref().map(|server| self::server(locale, server))}
    };
    body.into_any().to_html()
}

fn members(locale: Locale, seen: &Overview) -> AnyView {
    let of = |role| seen.members.iter().filter(move |count| count.role == role).map(|count| count.members).sum::<u32>();
    let all = |count: fn(&_) -> u32| seen.members.iter().map(count).sum::<u32>().to_string();
    facts(
        say!(locale, overview.members),
        [
            (say!(locale, members.role.member), of(Role::Member).to_string()),
            (say!(locale, members.role.coordinator), of(Role::Coordinator).to_string()),
            (say!(locale, members.role.admin), of(Role::Admin).to_string()),
            (say!(locale, overview.blocked), all(|count| count.blocked)),
            (say!(locale, overview.former), all(|count| count.former)),
        ],
    )
}

fn groups(locale: Locale, groups: &[Group]) -> AnyView {
    let none = groups.is_empty().then(|| view! { <p>{say!(locale, overview.none)}</p> });
    let group = |group: &Group| fact((group.name.clone(), group.members.len().to_string()));
    view! {
        <section>
            <h2>{say!(locale, overview.groups)}</h2>
            {none}
            <dl class="facts">{groups.iter().map(group).collect::<Vec<_>>()}</dl>
            <p>
                <a class="help-link" href=address::members(locale)>{say!(locale, overview.to_members)}</a>
            </p>
        </section>
    }
    .into_any()
}

fn calls(locale: Locale, weeks: &[CallsOfWeek]) -> AnyView {
    let head = [
        say!(locale, overview.days),
        say!(locale, overview.made),
        say!(locale, overview.answered),
        say!(locale, overview.missed),
        say!(locale, overview.ring),
        say!(locale, overview.talked),
    ];
    let row = |(number, week): (usize, &CallsOfWeek)| {
        let ring = week.median_ring.map_or_else(|| say!(locale, overview.no_ring), |ring| length(locale, ring));
        [
            format!("{}–{}", number * 7, (number + 1) * 7),
            week.calls.to_string(),
            week.answered.to_string(),
            week.missed.to_string(),
            ring,
            length(locale, week.talked),
        ]
    };
    table(say!(locale, overview.calls), None, head, weeks.iter().enumerate().map(row).collect())
}

fn server(locale: Locale, server: &ServerOverview) -> AnyView {
    let which = match server.voice_server {
        VoiceServerKind::Embedded => say!(locale, overview.embedded),
        VoiceServerKind::LiveKit => say!(locale, overview.livekit),
    };
    let state = if server.voice_answers { say!(locale, overview.well) } else { say!(locale, overview.ill) };
    let (stored, settings) = (&server.stored, &server.settings);
    let oldest = server.oldest_call.map_or_else(|| say!(locale, overview.no_ring), |age| length(locale, age));
    let kept = settings.keep_calls_for.map_or_else(|| say!(locale, overview.for_ever), |kept| days(locale, kept));
    let limits = settings.call_limits;
    view! {
        {facts(
            say!(locale, overview.voice),
            [
                (say!(locale, overview.which), which),
                (say!(locale, overview.health), state),
                (say!(locale, overview.seats), server.seats.to_string()),
            ],
        )}
        {push(locale, server)}
        {facts(
            say!(locale, overview.storage),
            [
                (say!(locale, overview.database), server.database.to_owned()),
                (say!(locale, overview.size), size(locale, stored.bytes)),
                (say!(locale, overview.messages), stored.messages.to_string()),
                (say!(locale, overview.kept_calls), stored.calls.to_string()),
                (say!(locale, overview.oldest), oldest),
            ],
        )}
        {facts(
            say!(locale, overview.settings),
            [
                (say!(locale, overview.address), settings.public_url.clone()),
                (say!(locale, overview.rings), length(locale, settings.ring_for)),
                (say!(locale, overview.keeps), kept),
                (say!(locale, overview.starts), limits.starts_per_minute.to_string()),
                (say!(locale, overview.pairs), limits.rings_per_pair.to_string()),
                (say!(locale, overview.version), env!("CARGO_PKG_VERSION").to_owned()),
            ],
        )}
    }
    .into_any()
}

fn push(locale: Locale, server: &ServerOverview) -> AnyView {
    let lead = match server.push.is_empty() {
        true => say!(locale, overview.nobody),
        false => say!(locale, overview.push_lead, ago = length(locale, server.up_for)),
    };
    let head = [
        say!(locale, overview.service),
        say!(locale, overview.devices),
        say!(locale, overview.troubled),
        say!(locale, overview.sent),
        say!(locale, overview.refused),
        say!(locale, overview.gone),
    ];
    let rows = server.push.iter().map(|(service, health)| {
        let (devices, troubled) = (u64::from(health.devices), u64::from(health.troubled));
        let [devices, troubled, sent, refused, gone] =
            [devices, troubled, health.sends.sent, health.sends.refused, health.sends.gone]
                .map(|count| count.to_string());
        [service.clone(), devices, troubled, sent, refused, gone]
    });
    table(say!(locale, overview.push), Some(lead), head, rows.collect())
}

fn facts<const N: usize>(title: String, facts: [(String, String); N]) -> AnyView {
    view! {
        <section>
            <h2>{title}</h2>
            <dl class="facts">{facts.into_iter().map(fact).collect::<Vec<_>>()}</dl>
        </section>
    }
    .into_any()
}

fn fact((what, how): (String, String)) -> AnyView {
    view! {
        <div>
            <dt>{what}</dt>
            <dd>{how}</dd>
        </div>
    }
    .into_any()
}

/// A table, whose first column says what a row is about. Where it is wider than the page, it is moved by itself.
fn table<const N: usize>(title: String, lead: Option<String>, head: [String; N], rows: Vec<[String; N]>) -> AnyView {
    let row = |row: [String; N]| {
        let mut cells = row.into_iter();
        let first = cells.next();
        view! {
            <tr>
                <th scope="row">{first}</th>
                {cells.map(|cell| view! { <td>{cell}</td> }).collect::<Vec<_>>()}
            </tr>
        }
    };
    let head = head.into_iter().map(|word| view! { <th scope="col">{word}</th> }).collect::<Vec<_>>();
    let filled = (!rows.is_empty()).then(|| {
        let label = title.clone();
        view! {
            <div class="figures" role="region" tabindex="0" aria-label=label>
                <table>
                    <thead>
                        <tr>{head}</tr>
                    </thead>
                    <tbody>{rows.into_iter().map(row).collect::<Vec<_>>()}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <section>
            <h2>{title}</h2>
            {lead.map(|lead| view! { <p>{lead}</p> })}
            {filled}
        </section>
    }
    .into_any()
}

/// How long something takes, or has been going on, roughly.
fn length(locale: Locale, time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours) = (seconds / MINUTE % 60, seconds / HOUR);
    match seconds {
        0..MINUTE => say!(locale, length.only_seconds, seconds),
        MINUTE..HOUR => say!(locale, length.only_minutes, minutes),
        _ if seconds < 2 * DAY => say!(locale, length.hours_minutes, hours, minutes),
        _ => days(locale, time),
    }
}

/// How much room something takes.
fn size(locale: Locale, bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1_000, "KB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes * 10 / unit;
    format!("{} {name}", say!(locale, length.tenths, whole = tenths / 10, tenths = tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_sizes_are_said_in_the_unit_that_fits_and_as_the_language_writes_them() {
        let length = |seconds| length(Locale::en, Duration::from_secs(seconds));
        assert_eq!([length(9), length(600), length(7_260)], ["9 s", "10 min", "2 h 1 min"]);
        assert_eq!(length(3 * DAY), "3 days");
        assert_eq!(size(Locale::en, 12_345), "12.3 KB");
        assert_eq!(size(Locale::pl, 12_345_678), "12,3 MB");
    }
}
