//! The words that sheets use for fields, kinds, states and scores.
