namespace Fusion.Emulation.Machine;

/// <summary>Writes what is known of a kernel's mistake.</summary>
internal static class FaultReport
{
    public static KernelFault Make(KernelFaultException fault, Warp warp)
    {
        var grid = warp.Block.Grid;
        var origin = grid.Code.Origins[Math.Clamp(warp.Pc - 1, 0, grid.Code.Origins.Length - 1)];
        (int X, int Y, int Z)? thread = fault.Lane < 0 ? null : SpecialRegisters.ThreadOf(warp, fault.Lane);
        var block = warp.Block.Index;
        var where = thread is { } t ? $"thread ({t.X}, {t.Y}, {t.Z}) of " : "";
        var source = origin.Source is null ? "" : $", {origin.Source}";
        var address = fault.Address == 0 ? "" : $" (address 0x{fault.Address:x})";
        var seed = grid.Gpu.Machine.Options.Seed is { } number ? $"; the seed was {number}" : "";
        var code = fault.Kind == FaultKind.MissingSynchronization ? EmulatorErrorCodes.MissingSynchronization : EmulatorErrorCodes.KernelFault;
        var message =
            $"{code}: the emulated GPU {grid.Gpu.Ordinal} stopped the kernel '{grid.Code.Name}': {fault.Message}{address}. It was {where}block " +
            $"({block.X}, {block.Y}, {block.Z}), in '{origin.Text}' in line {origin.Line} of the PTX{source}{seed}";
        return new(
            fault.Kind, message, grid.Code.Name, grid.Gpu.Ordinal, block, thread, fault.Address, origin.Line, origin.Source?.ToString());
    }
}
