//! Files dropped onto the window: a desktop reads them at once, a page hands their bytes over when the browser has them.

use eframe::egui::{Context, DroppedFile};

/// A file that was dropped, and what is in it.
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// Its bytes, or why they cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

fn name(file: &dyn DroppedFile) -> String {
    file.path().file_name().map_or_else(|| "this file".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What was dropped since the last frame.
#[cfg(not(target_arch = "wasm32"))]
pub fn taken(context: &Context) -> Vec<Dropped> {
    let files = context.input(|input| input.raw.dropped_files.clone());
    files.iter().map(|file| Dropped { name: name(file.as_ref()), bytes: file.bytes() }).collect()
}

/// What was dropped, as far as the browser has read it.
#[cfg(target_arch = "wasm32")]
pub fn taken(context: &Context) -> Vec<Dropped> {
    use std::cell::RefCell;
    thread_local! {
        static READ: RefCell<Vec<Dropped>> = const { RefCell::new(Vec::new()) };
    }
    for file in context.input(|input| input.raw.dropped_files.clone()) {
        let context = context.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let bytes = file.bytes_async().await;
            let read = Dropped { name: name(file.as_ref()), bytes };
            READ.with_borrow_mut(|all| all.push(read));
            context.request_repaint();
        });
    }
    READ.with_borrow_mut(std::mem::take)
}
