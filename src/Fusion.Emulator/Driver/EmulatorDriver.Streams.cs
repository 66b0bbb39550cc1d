using System.Runtime.InteropServices;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>Functions for streams, events and graphs.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private static nint Stream(string name) => name switch
    {
        "cuStreamCreate" => (nint)(delegate* unmanaged<nint*, uint, CudaResult>)&CreateStream,
        "cuStreamDestroy_v2" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyStream,
        "cuStreamSynchronize" => (nint)(delegate* unmanaged<nint, CudaResult>)&SynchronizeStream,
        "cuStreamQuery" => (nint)(delegate* unmanaged<nint, CudaResult>)&QueryStream,
        "cuStreamWaitEvent" => (nint)(delegate* unmanaged<nint, nint, uint, CudaResult>)&WaitEvent,
        "cuStreamGetCtx" => (nint)(delegate* unmanaged<nint, nint*, CudaResult>)&GetContextOfStream,
        "cuStreamAddCallback" => (nint)(delegate* unmanaged<nint, delegate* unmanaged<nint, CudaResult, void*, void>, void*, uint, CudaResult>)&AddCallback,
        "cuEventCreate" => (nint)(delegate* unmanaged<nint*, uint, CudaResult>)&CreateEvent,
        "cuEventDestroy_v2" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyEvent,
        "cuEventRecord" => (nint)(delegate* unmanaged<nint, nint, CudaResult>)&RecordEvent,
        "cuEventSynchronize" => (nint)(delegate* unmanaged<nint, CudaResult>)&SynchronizeEvent,
        "cuEventQuery" => (nint)(delegate* unmanaged<nint, CudaResult>)&QueryEvent,
        "cuEventElapsedTime" => (nint)(delegate* unmanaged<float*, nint, nint, CudaResult>)&GetElapsedTime,
        "cuStreamBeginCapture_v2" => (nint)(delegate* unmanaged<nint, CaptureMode, CudaResult>)&BeginCapture,
        "cuStreamEndCapture" => (nint)(delegate* unmanaged<nint, nint*, CudaResult>)&EndCapture,
        "cuStreamIsCapturing" => (nint)(delegate* unmanaged<nint, CaptureStatus*, CudaResult>)&IsCapturing,
        "cuGraphInstantiateWithFlags" => (nint)(delegate* unmanaged<nint*, nint, ulong, CudaResult>)&InstantiateGraph,
        "cuGraphLaunch" => (nint)(delegate* unmanaged<nint, nint, CudaResult>)&LaunchGraph,
        "cuGraphExecDestroy" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyExecutable,
        "cuGraphDestroy" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyGraph,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult CreateStream(nint* stream, uint flags)
    {
        if (State.Context is not { } context) return InvalidContext;
        return Give(stream, State.Make(new EmulatedStream(new(context.Gpu), context)));
    }

    // Work in it still ends.
    [UnmanagedCallersOnly]
    private static CudaResult DestroyStream(nint stream) => State.Remove<EmulatedStream>(stream) is null ? InvalidHandle : CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult SynchronizeStream(nint stream)
    {
        if (State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is not null) return CudaResult.StreamCaptureUnsupported;
        WaitFor(queue);
        return DriverState.ResultOf(queue.Gpu);
    }

    private static void WaitFor(StreamQueue queue)
    {
        var order = State.Machine.Order;
        var moment = order?.Moment(queue.Clock);
        State.Machine.WaitUntil(() => queue.IsIdle);
        if (moment is not null) order!.JoinHost(moment);
    }

    private static void WaitFor(Gpu gpu)
    {
        State.Machine.WaitUntil(() => gpu.IsIdle);
        State.Machine.Order?.JoinHost(gpu.Ordinal);
    }

    [UnmanagedCallersOnly]
    private static CudaResult QueryStream(nint stream)
    {
        if (State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is not null) return CudaResult.StreamCaptureUnsupported;
        if (DriverState.ResultOf(queue.Gpu) is var result and not CudaResult.Success) return result;
        var moment = State.Machine.Order?.Moment(queue.Clock);
        if (!queue.IsIdle) return CudaResult.NotReady;
        if (moment is not null) State.Machine.Order!.JoinHost(moment);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetContextOfStream(nint stream, nint* context) => State.Find<EmulatedStream>(stream) is { } found
        ? Give(context, found.Context.Handle) : InvalidHandle;

    [UnmanagedCallersOnly]
    private static CudaResult AddCallback(
        nint stream, delegate* unmanaged<nint, CudaResult, void*, void> callback, void* data, uint flags)
    {
        if (State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is not null) return CudaResult.StreamCaptureUnsupported;
        var order = State.Machine.Order;
        var moment = order?.Moment(queue.Clock);
        queue.Add(new ActionItem(
            () =>
            {
                if (moment is not null) order!.JoinHost(moment);
                callback(stream, DriverState.ResultOf(queue.Gpu), data);
            },
            isEvent: true));
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult CreateEvent(nint* handle, uint flags) => Give(handle, State.Make(new EmulatedEvent()));

    [UnmanagedCallersOnly]
    private static CudaResult DestroyEvent(nint handle) => State.Remove<EmulatedEvent>(handle) is null ? InvalidHandle : CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult RecordEvent(nint handle, nint stream)
    {
        if (State.Find<EmulatedEvent>(handle) is not { } one || State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is { } recording)
        {
            one.Recorded = (recording, recording.Mark(queue));
            return CudaResult.Success;
        }

        var occurrence = new Occurrence { Moment = State.Machine.Order?.Moment(queue.Clock) };
        (one.Last, one.Recorded) = (occurrence, null);
        queue.Add(new ActionItem(
            () =>
            {
                occurrence.Happen();
                queue.Gpu.Machine.Notify();
            },
            isEvent: true));
        return DriverState.ResultOf(queue.Gpu);
    }

    [UnmanagedCallersOnly]
    private static CudaResult WaitEvent(nint stream, nint handle, uint flags)
    {
        if (State.Find<EmulatedEvent>(handle) is not { } one || State.Stream(stream) is not { } queue) return InvalidHandle;
        if (one.Recorded is { } recorded) recorded.Recording.Wait(queue, recorded.Mark);
        else if (queue.Recording is not null && one.Last is not null) return CudaResult.StreamCaptureUnsupported;
        else if (one.Last is { } last)
        {
            if (last.Moment is { } moment) State.Machine.Order!.Join(queue.Clock, moment);
            if (!last.IsEnded) queue.Add(new WaitItem(last));
        }

        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult SynchronizeEvent(nint handle)
    {
        if (State.Find<EmulatedEvent>(handle) is not { } one) return InvalidHandle;
        if (one.Last is { } last)
        {
            State.Machine.WaitUntil(() => last.IsEnded);
            if (last.Moment is { } moment) State.Machine.Order!.JoinHost(moment);
        }

        return OfContext(State.Context);
    }

    [UnmanagedCallersOnly]
    private static CudaResult QueryEvent(nint handle)
    {
        if (State.Find<EmulatedEvent>(handle) is not { } one) return InvalidHandle;
        if (one.Last is { IsEnded: false }) return CudaResult.NotReady;
        if (one.Last?.Moment is { } moment) State.Machine.Order!.JoinHost(moment);
        return OfContext(State.Context);
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetElapsedTime(float* milliseconds, nint from, nint to)
    {
        if (State.Find<EmulatedEvent>(from)?.Last is not { } first || State.Find<EmulatedEvent>(to)?.Last is not { } second) return InvalidHandle;
        return first.IsEnded && second.IsEnded ? Give(milliseconds, (second.At - first.At) / 1e6f) : CudaResult.NotReady;
    }

    [UnmanagedCallersOnly]
    private static CudaResult BeginCapture(nint stream, CaptureMode mode)
    {
        if (State.Find<EmulatedStream>(stream)?.Queue is not { } queue) return CudaResult.StreamCaptureUnsupported;
        if (queue.Recording is not null) return (CudaResult)905;
        queue.Recording = new(queue);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult EndCapture(nint stream, nint* graph)
    {
        *graph = 0;
        if (State.Stream(stream)?.Recording is not { } recording) return CudaResult.InvalidValue;
        recording.End();
        return Give(graph, State.Make(recording));
    }

    [UnmanagedCallersOnly]
    private static CudaResult IsCapturing(nint stream, CaptureStatus* status) => State.Stream(stream) is { } queue
        ? Give(status, queue.Recording is null ? CaptureStatus.None : CaptureStatus.Active) : InvalidHandle;

    [UnmanagedCallersOnly]
    private static CudaResult InstantiateGraph(nint* executable, nint graph, ulong flags) => State.Find<Recording>(graph) is { } recording
        ? Give(executable, State.Make(new ExecutableGraph(recording))) : InvalidHandle;

    [UnmanagedCallersOnly]
    private static CudaResult LaunchGraph(nint executable, nint stream)
    {
        if (State.Find<ExecutableGraph>(executable) is not { } graph || State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is not null) return CudaResult.StreamCaptureUnsupported;
        graph.Launch(queue);
        return DriverState.ResultOf(queue.Gpu);
    }

    [UnmanagedCallersOnly]
    private static CudaResult DestroyExecutable(nint executable) =>
        State.Remove<ExecutableGraph>(executable) is null ? InvalidHandle : CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult DestroyGraph(nint graph) => State.Remove<Recording>(graph) is null ? InvalidHandle : CudaResult.Success;
}
