//! Writes many messages into the channel of all of the only parish, one after the other, some minutes apart, up to now:
//! what years of a busy parish leave behind. `script/bench http` measures with that; people who post would need an hour.

use anyhow::Context;
use domain::{ChannelKind, MemberId, MessageId, Timestamp, Words};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::{NewMessage, Store};

#[expect(clippy::disallowed_methods, reason = "what is written before the measurement ends at this moment")]
fn now() -> anyhow::Result<Timestamp> {
    Ok(Timestamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, count] = words.as_slice() else { anyhow::bail!("usage: fill DATABASE_URL MESSAGES") };
    let count: u32 = count.parse()?;
    let store = Store::open(url).await?;
    let [parish] = &store.parishes().await?[..] else { anyhow::bail!("there has to be one parish") };
    let members: Vec<MemberId> = store.members(parish.id).await?.into_iter().map(|member| member.id).collect();
    let first = *members.first().context("nobody is in the parish")?;
    let channels = store.channels_of(first).await?;
    let of_all = channels.iter().find(|row| row.kind == ChannelKind::Parish && !row.announcements_only);
    let channel = of_all.context("the parish has no channel of all")?.id;
    let end = now()?;
    for (number, author) in (0..count).zip(members.iter().cycle()) {
        let at = end - Duration::from_secs(180) * (count - number);
        // By the moment, as those of real messages are: a UUID of version 7.
        let id: MessageId = format!("{:08x}-{:04x}-7000-8000-{number:012x}", at.0 >> 16, at.0 & 0xffff).parse()?;
        let words = Words::plain(format!("What number {number} had to say, in a line or so."));
        store.insert_message(&NewMessage { id, channel, author: *author, words, at }, &[]).await?;
    }
    store.close().await;
    Ok(())
}
