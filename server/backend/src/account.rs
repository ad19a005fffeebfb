//! What is stored of somebody is theirs: they take it with them, or have it forgotten.

use crate::limits::Limited;
use crate::zones::written;
use crate::{Actor, Backend, Error};
use domain::{Event, Timestamp};
use serde_json::{Value, json};
use store::{Deleted, Export};

impl Backend {
    /// All that is stored of this person, in all parishes, as JSON; no secret, and no hash of one.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub async fn export(&self, actor: &Actor) -> Result<String, Error> {
        self.inner.limits.take(Limited::Export(actor.member()))?;
        let export = self.inner.store.export(actor.person(), self.now()).await?.ok_or(Error::NotFound)?;
        tracing::info!(member = %actor.member(), "takes along what is stored of them");
        serde_json::to_string_pretty(&as_json(export, self.now())).map_err(|error| Error::Internal(error.into()))
    }

    /// Deletes this person's account, in all parishes: their words, their name, and what signs them in. That they wrote, and
    /// were in calls, stays, as of somebody who left. They are signed out everywhere, and out of their call.
    ///
    /// # Errors
    /// [`Error::WrongPassword`]; [`Error::LastAdmin`]; [`Error::Limited`]; [`Error::Busy`].
    pub async fn delete_account(&self, actor: &Actor, password: &str) -> Result<(), Error> {
        self.inner.limits.take(Limited::Password(actor.member()))?;
        self.check_password(actor, password).await?;
        match self.inner.store.delete_person(actor.person(), self.now()).await? {
            Deleted::LastAdmin => return Err(Error::LastAdmin),
            Deleted::Members(members) => self.inner.hub.publish(members, &Event::Community),
        }
        tracing::info!(member = %actor.member(), "has deleted their account");
        // Their words are gone from every timeline that is open.
        self.inner.hub.lose_all();
        self.put_out_trespassers().await
    }
}

fn as_json(export: Export, now: Timestamp) -> Value {
    let at = |ms: i64| written(Timestamp(ms));
    let maybe = |ms: Option<i64>| ms.map(at);
    json!({
        "writtenAt": written(now),
        "profile": {
            "name": export.name,
            "signsInAs": export.login,
            "language": export.language,
            "colour": export.hue,
            "quietHours": export.quiet.map(|quiet| json!({
                "from": quiet.from().to_string(),
                "until": quiet.until().to_string(),
            })),
            "since": written(export.since),
        },
        "parishes": export.parishes.into_iter().map(|parish| json!({
            "name": parish.name,
            "role": parish.role,
            "since": at(parish.joined_at),
            "until": maybe(parish.left_at),
        })).collect::<Value>(),
        "channels": export.channels.into_iter().map(|channel| json!({
            "name": channel.name,
            "kind": channel.kind,
            "since": at(channel.joined_at),
            "toldOf": channel.notices,
        })).collect::<Value>(),
        "messages": export.messages.into_iter().map(|message| json!({
            "channel": message.channel,
            "kind": message.kind,
            "text": message.body,
            "at": at(message.created_at),
            "editedAt": maybe(message.edited_at),
            "removedBy": message.removed,
        })).collect::<Value>(),
        "calls": export.calls.into_iter().map(|call| json!({
            "channel": call.channel,
            "kind": call.kind,
            "status": call.status,
            "startedByYou": call.started == 1,
            "yourPart": call.part,
            "at": at(call.created_at),
            "cameAt": maybe(call.joined_at),
            "leftAt": maybe(call.left_at),
        })).collect::<Value>(),
        "devices": export.devices.into_iter().map(|device| json!({
            "browser": device.browser,
            "on": device.machine,
            "signedInAt": at(device.created_at),
            "lastSeenAt": at(device.seen_at),
            "until": at(device.expires_at),
            "reachableByPushSince": maybe(device.renewed_at),
        })).collect::<Value>(),
        "blocked": export.blocked.into_iter().map(|(name, since)| json!({
            "name": name,
            "since": written(since),
        })).collect::<Value>(),
        "reports": export.reports.into_iter().map(|(about, note, when)| json!({
            "about": about,
            "note": note,
            "at": written(when),
        })).collect::<Value>(),
    })
}
