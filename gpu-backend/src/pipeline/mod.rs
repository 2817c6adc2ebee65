//! The whole job, stage by stage.
