//! Stories of how people look to each other.

use backend::Next;
use backend::testing::World;
use domain::{Event, Hue};

#[tokio::test]
async fn a_colour_that_somebody_chooses_is_seen_by_everybody_at_once() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let mut device = world.backend.subscribe(&anna);
    let hue = Hue::try_from(7).unwrap();
    world.backend.choose_hue(&ben, hue).await.unwrap();
    assert_eq!(device.next().await, Next::Event(Event::Community));
    assert_eq!(world.backend.community(&anna).await.unwrap().hues, [(ben.member(), hue)]);
}
