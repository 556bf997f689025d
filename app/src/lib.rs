//! The workbench.

pub mod icons;
pub mod raster;
pub mod theme;
pub mod widgets;
