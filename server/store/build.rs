//! Tells cargo that a new migration means a new build: `sqlx::migrate!` only sees the files that were there before.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
