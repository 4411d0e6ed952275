/** `3:07` or `1:02:45` from seconds. */
export function clockText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `1.8 updates/s, 3:07 left` from what was done since a start; empty before there is a rate. */
export function paceText(done: number, left: number, seconds: number): string {
  if (done === 0 || seconds <= 0) return '';
  const rate = done / seconds;
  const shown = rate >= 10 ? rate.toFixed(0) : rate >= 0.1 ? rate.toFixed(1) : rate.toExponential(1);
  return `${shown} updates/s, ${clockText(left / rate)} left`;
}
