//! Who may do what: every function and every address × everybody who could ask. The table is in [`rows`]; what is not in it, or
//! answers otherwise, fails here.

mod edge;
mod house;
mod mutations;
mod rows;

use super::*;
use house::{Given, House, ROLES};
use rows::{Row, rows};
use std::collections::BTreeSet;

/// The addresses that the router really has. It can be asked for them only by how it describes itself: should that change,
/// none are found, and the test says so.
fn registered(router: &Router) -> BTreeSet<String> {
    let described = format!("{router:?}");
    // `RouteId(7): "/health"`, in whatever order.
    let named = described.split("RouteId(").filter_map(|part| part.split_once("): \"")?.1.split_once('"'));
    // What leads to the page that says that there is nothing here is no address of its own.
    named.map(|(path, _)| path.to_owned()).filter(|path| !path.starts_with("/{*")).collect()
}

#[tokio::test]
async fn every_function_and_every_address_is_for_those_whom_the_table_names_and_nobody_else() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let listed: BTreeSet<_> = rows.iter().map(|row| row.route.clone()).collect();
    let registered = registered(&house.copy(Given::Ringing).await.router);
    assert!(leptos::server_fn::axum::server_fn_paths().all(|(path, _)| registered.contains(path)));
    assert_eq!(registered.difference(&listed).collect::<Vec<_>>(), [""; 0], "without a row");
    assert_eq!(listed.difference(&registered).collect::<Vec<_>>(), [""; 0], "with a row, and not there");

    let mut wrong = vec![];
    for row in &rows {
        let answered = ask_all(&house, row).await;
        if answered != row.expected {
            let line = |statuses: [u16; 8]| statuses.map(|status| status.to_string()).join(" ");
            wrong.push(format!("{} instead of {}: {} {}", line(answered), line(row.expected), row.method, row.path));
        }
    }
    assert!(wrong.is_empty(), "{ROLES:?}\n{}", wrong.join("\n"));
    house.close().await;
}

/// What everybody is answered. Who is refused, and who only looks, changes nothing.
async fn ask_all(house: &House, row: &Row) -> [u16; ROLES.len()] {
    let mut answered = [0; ROLES.len()];
    let shared = house.copy(row.given).await;
    let before = shared.contents().await;
    for (place, role) in ROLES.into_iter().enumerate() {
        let own;
        let here = if row.expected[place] >= 400 || row.method == Method::GET {
            &shared
        } else {
            own = house.copy(row.given).await;
            &own
        };
        let answer = here.send(house.request(row, role)).await;
        answered[place] = answer.status;
        if answer.status >= 400 || row.method == Method::GET {
            assert_eq!(here.contents().await, before, "{} {} by {role}", row.method, row.path);
        }
    }
    answered
}

#[tokio::test]
async fn an_address_that_is_asked_in_another_way_than_the_table_says_does_nothing() {
    let house = House::build().await;
    let rows = rows(&house.known);
    let copy = house.copy(Given::Ringing).await;
    let before = copy.contents().await;
    for row in &rows {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if rows.iter().any(|other| other.route == row.route && other.method == method) {
                continue;
            }
            let mut request = house.request(row, "admin");
            *request.method_mut() = method.clone();
            let answer = copy.send(request).await;
            assert!([401, 404, 405].contains(&answer.status), "{method} {}: {}", row.path, answer.status);
        }
    }
    assert_eq!(copy.contents().await, before);
    house.close().await;
}
