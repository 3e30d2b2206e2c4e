/** Where the gateway's socket is: the gateway says so itself. */

const CONFIG_DEADLINE_MS = 8_000;

/** Return the address of the customers' socket; throws when the gateway at `base` does not say. */
export async function customerSocket(base) {
  const response = await fetch(new URL("v1/config", base), { signal: AbortSignal.timeout(CONFIG_DEADLINE_MS) });
  if (!response.ok) throw new Error(`config answered ${response.status}`);
  return (await response.json()).customer_socket;
}
