-- Calls that are under way end before anything changes, and those to come wait: each reads the
-- limits before it does anything, and holds that lock until it commits. So no call finds itself
-- with its first half in the old code and its second in the new.
lock table coord.setting_default in access exclusive mode;
