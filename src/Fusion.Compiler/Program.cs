using System.Runtime.InteropServices;
using System.Text;
using Fusion.Compiler;
using Fusion.Compiler.CommandLine;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Output;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndNow);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndNow);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, EndNow);
try
{
    return ProcessEnd.At(new FusionCommand().Invoke(args));
}
catch (Exception e)
{
    var fault = Faults.Report(e);
    if (args.Contains("--request") || args.Contains("--launchers")) Console.Out.WriteLine(fault.ToLine());
    else Console.Error.WriteLine(fault);
    return FusionCommand.Failure;
}

static void EndNow(PosixSignalContext context)
{
    context.Cancel = true;
    Unfinished.RemoveAllAnd(() => ProcessEnd.Now(ProcessEnd.Interrupted));
}
