-- After each write to the network it is asked whether any forecast is what the network says: mostly none is.
create index milestone_computed on milestone (program) where forecast_from = 'computed';
