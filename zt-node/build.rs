//! Sets up linking against Node.
fn main() {
    napi_build::setup();
}
