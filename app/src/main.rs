//! The desktop program: the command line, and without arguments the window.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    // The window grows and frees megabytes of vertices each frame. Freeing one big block tells the allocator to keep such
    // memory instead of giving it back and asking for it again.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(31 << 20)));
    potholes::cli::main()
}

/// In the browser the program starts from the `web` crate.
#[cfg(target_arch = "wasm32")]
fn main() {}
