mod draw;
mod random;
