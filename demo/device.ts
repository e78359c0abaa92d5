// Opens the device of a page. Where there is no WebGPU it says in words what to do, and offers the CPU.
import { type DeviceInfo, init } from '../src/index.ts';

/** Whether an adapter computes on the CPU, judged by its name. */
export function isSoftware(description: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(description);
}

/** A line about a device: `WebGPU: nvidia ampere.`, or `the CPU, in JavaScript, ...`. */
export function describeDevice({ type, description }: DeviceInfo): string {
  if (type === 'cpu') return 'the CPU, in JavaScript, on one core.';
  const software = isSoftware(description) && !/software/i.test(description) ? ', a software adapter' : '';
  return `WebGPU: ${description.trim()}${software}.`;
}

/** WebGPU, or the CPU where the address says `?device=cpu` or the reader agrees to it. `place` shows the question. */
export async function openDevice(place: HTMLElement): Promise<DeviceInfo> {
  if (new URLSearchParams(location.search).get('device') === 'cpu') return init({ device: 'cpu' });
  try {
    return await init({ device: 'webgpu' });
  } catch (error) {
    await agreement(place, error instanceof Error ? error.message : String(error));
    return init({ device: 'cpu' });
  }
}

/** Shows why there is no WebGPU and what helps; resolves when the reader goes on without it. */
function agreement(place: HTMLElement, reason: string): Promise<void> {
  const notice = document.createElement('section');
  notice.className = 'card notice';
  notice.setAttribute('role', 'alert');
  notice.innerHTML = `
    <h2>This browser offers no WebGPU</h2>
    <p style="margin: 0" class="small quiet"></p>
    <ul>
      <li>Use a current Chrome, Edge, Safari 26 or Firefox 141, and open the page by https or on this machine.</li>
      <li>On Linux, Chrome may need <code>chrome://flags/#enable-unsafe-webgpu</code> and a Vulkan driver;
        <code>chrome://gpu</code> says what is missing.</li>
      <li>Or go on with the CPU: the same program and the same numbers, only slower.</li>
    </ul>
    <button type="button" class="primary" id="use-cpu">Continue on the CPU</button>`;
  notice.querySelector('p')!.textContent = reason;
  place.replaceChildren(notice);
  return new Promise((resolve) => {
    notice.querySelector('button')!.addEventListener('click', () => {
      place.replaceChildren();
      resolve();
    });
  });
}

/** `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`;
}
