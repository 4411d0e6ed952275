/** The camera, while it is on. */
export interface Camera {
  readonly video: HTMLVideoElement;
  stop(): void;
}

const reasons: Readonly<Record<string, string>> = {
  NotFoundError: 'There is no camera on this device. Drop a picture instead.',
  NotAllowedError:
    'The camera was not allowed. Allow it in the browser’s settings of this page, or drop a picture.',
  NotReadableError: 'The camera is in use by another program. Close that one, or drop a picture.',
};

/**
 * Turns the camera on.
 *
 * @throws Error whose message is for the page
 */
export async function openCamera(video: HTMLVideoElement): Promise<Camera> {
  // Browsers that have one hide it from pages without https.
  if (navigator.mediaDevices === undefined)
    throw new Error('Browsers open the camera over https and on localhost only. Drop a picture instead.');
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment' },
      audio: false,
    });
  } catch (error) {
    const { name, message } = error as DOMException;
    throw new Error(reasons[name] ?? `The camera cannot be opened (${message}). Drop a picture instead.`);
  }
  video.srcObject = stream;
  await video.play();
  return {
    video,
    stop() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}
