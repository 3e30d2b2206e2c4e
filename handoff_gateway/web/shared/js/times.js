/** Times as people read them. Pure; `language` is a BCP 47 tag. */

/** "14:05" */
export function clockTime(iso, language) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** "Friday, 21 November"; the year only when it is not this one. */
export function dayName(iso, language, now = new Date()) {
  const date = new Date(iso);
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year }).format(date);
}

/** "14:05" of today, "21 Nov" of another day, with its year when that is not this one. */
export function shortMoment(iso, language, now = new Date()) {
  if (dayKey(iso) === dayKey(now)) return clockTime(iso, language);
  const date = new Date(iso);
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year }).format(date);
}

/** A key that two times of one local day share. */
export function dayKey(iso) {
  const date = new Date(iso);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** A wait for a customer: "3 min", never less than one, hours from 90 minutes. */
export function roughly(seconds, language) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const [value, unit] = minutes < 90 ? [minutes, "minute"] : [Math.round(minutes / 60), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** A ticking wait for an agent: "0:42", "12:05", "1:02:11". */
export function ticking(iso, now = Date.now()) {
  const total = Math.max(0, Math.floor((now - new Date(iso).getTime()) / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const pad = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
}
